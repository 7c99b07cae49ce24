/**
 * Turns EventBridge events into notices, by a table on source and detail-type (contract 1.1). Events that are not in
 * the table are ignored. Events in the table must have the right form.
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

/** Pattern of the rule that feeds the router: exactly the events that the table turns into notices. */
export const EVENT_PATTERN = {
  source: ['aws.autoscaling'],
  detailType: ['EC2 Instance-terminate Lifecycle Action'],
} as const;

/** An event of a known kind with the wrong form. Trying again cannot help: it ends in the dead-letter queue. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

const kindSchema = z.object({
  source: z.string().check(z.maxLength(256)),
  'detail-type': z.string().check(z.maxLength(256)),
});

/** Form of a terminate event. */
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
 * @param event payload of the invocation, of any form
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
 * Reads the payload of a retirement, from the router or the sweep. Checked again: anything may invoke a function.
 *
 * @throws MalformedEvent naming every field that is wrong
 */
export function parseNotice(payload: unknown): Notice {
  return parse(noticeSchema, payload);
}

/** Auto Scaling sends it to the target of a new hook. It has no envelope (contract 1.4). */
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
