/**
 * EventBridge events into notices, by a table on source and detail-type (contract 1.1). What the table does not know is
 * nothing to us; what it knows must have the right form.
 */
import * as z from 'zod/mini';
import {
  actionTokenSchema,
  lifecycleNoticeSchema,
  noticeSchema,
  type LifecycleNotice,
  type Notice,
} from '../../core/notice/notice.ts';
import type { Parsed } from '../../workflow/notice/route-notice.ts';

/** The rule that feeds the router lets through exactly what the table makes notices of. */
export const EVENT_PATTERN = {
  source: ['aws.autoscaling'],
  detailType: ['EC2 Instance-terminate Lifecycle Action'],
} as const;

/** An event that is known and has the wrong form. Trying again cannot help: it ends in the dead-letter queue. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

const kindSchema = z.object({
  source: z.string().check(z.maxLength(256)),
  'detail-type': z.string().check(z.maxLength(256)),
});

/** A notice as the event spells it. */
const terminateSchema = z.object({
  account: lifecycleNoticeSchema.shape.account,
  region: lifecycleNoticeSchema.shape.region,
  time: z.iso.datetime(),
  detail: z.object({
    AutoScalingGroupName: lifecycleNoticeSchema.shape.group,
    LifecycleHookName: lifecycleNoticeSchema.shape.hook,
    EC2InstanceId: lifecycleNoticeSchema.shape.instance,
    LifecycleActionToken: actionTokenSchema,
    LifecycleTransition: z.literal('autoscaling:EC2_INSTANCE_TERMINATING'),
    Origin: lifecycleNoticeSchema.shape.origin,
  }),
});

type Reader = (event: unknown) => LifecycleNotice | { readonly ignored: string };

const READERS = new Map<string, Reader>([
  [
    'aws.autoscaling/EC2 Instance-terminate Lifecycle Action',
    (event) => {
      const { account, region, time, detail } = parse(terminateSchema, event);
      return {
        kind: 'asg-terminate',
        account,
        region,
        instance: detail.EC2InstanceId,
        group: detail.AutoScalingGroupName,
        hook: detail.LifecycleHookName,
        token: detail.LifecycleActionToken,
        origin: detail.Origin,
        at: Date.parse(time),
      };
    },
  ],
  ['aws.autoscaling/EC2 Instance-launch Lifecycle Action', () => ({ ignored: 'launches are not waited for' })],
  ['aws.autoscaling/EC2 Instance Terminate Successful', () => ({ ignored: 'the instance has terminated already' })],
]);

/**
 * @param event what Lambda was invoked with; nothing is assumed of it
 * @throws MalformedEvent naming every field that is wrong
 */
export function parseEvent(event: unknown): Parsed {
  if (isTestNotification(event)) return other('it is a test notification', 'aws.autoscaling', 'TEST_NOTIFICATION');
  const { source, 'detail-type': detailType } = parse(kindSchema, event);
  const reader = READERS.get(`${source}/${detailType}`);
  if (reader === undefined) return other('no notice is made of it', source, detailType);
  const read = reader(event);
  return 'ignored' in read ? other(read.ignored, source, detailType) : { kind: 'notice', notice: read };
}

/**
 * The retirement's own payload, which router or sweep made; checked again, because anything may invoke a function.
 *
 * @throws MalformedEvent naming every field that is wrong
 */
export function parseNotice(payload: unknown): Notice {
  return parse(noticeSchema, payload);
}

/** Auto Scaling sends it to a hook's own target when the hook is made; it has no envelope (contract 1.4). */
function isTestNotification(event: unknown): boolean {
  return z.object({ Event: z.literal('autoscaling:TEST_NOTIFICATION') }).safeParse(event).success;
}

function other(reason: string, source: string, detailType: string): Parsed {
  return { kind: 'other', reason, source, detailType };
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${['event', ...path].join('.')}: ${message}`);
  throw new MalformedEvent(`the event is malformed: ${faults.join('; ')}`);
}
