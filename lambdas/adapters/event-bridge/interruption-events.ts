/**
 * Turns EventBridge events into notices, by a table on source and detail-type (contract 1.1). Events that are not in
 * the table are ignored. Events in the table must have the right form.
 */
import * as z from 'zod/mini';
import { noticeSchema, type Notice } from '../../core/notice/notice.ts';
import type { Parsed } from '../../workflow/notice/route-notice.ts';
import type { Read } from './event-form.ts';
import { EVENT_TABLE } from './event-table.ts';

/** An event of a known kind with the wrong form. Trying again cannot help: it ends in the dead-letter queue. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

const kindSchema = z.object({
  source: z.string().check(z.maxLength(256)),
  'detail-type': z.string().check(z.maxLength(256)),
});

type Reader = (event: unknown) => Read;

const READERS = new Map<string, Reader>([
  ...EVENT_TABLE.map(({ source, detailType, read }): [string, Reader] => [`${source}/${detailType}`, read]),
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
  const read = malformedIfWrong(() => reader(event));
  if ('ignored' in read) return other(read.ignored, source, detailType);
  if ('reservation' in read) return { kind: 'reservation', ...read };
  if (!('kind' in read)) return { kind: 'notices', notices: read };
  const { detail } = metadataSchema.safeParse(event).data ?? {};
  return { kind: 'notice', notice: read, ...(detail && { hookMetadata: detail.NotificationMetadata }) };
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

/** Metadata of the hook, as the event of a lifecycle action has it. */
const metadataSchema = z.object({ detail: z.object({ NotificationMetadata: z.string().check(z.maxLength(1_023)) }) });

function other(reason: string, source: string, detailType: string): Parsed {
  return { kind: 'other', reason, source, detailType };
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  return malformedIfWrong(() => schema.parse(value));
}

/** @throws MalformedEvent naming every field that is wrong, and none of what it says (faults 74) */
function malformedIfWrong<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!isZodError(error)) throw error;
    const faults = error.issues.map(({ path, message }) => `${['event', ...path].join('.')}: ${message}`);
    throw new MalformedEvent(`the event is malformed: ${faults.join('; ')}`);
  }
}

/** Whether zod threw it. Its class would bring much of zod into the bundle. */
function isZodError(error: unknown): error is Error & { readonly issues: readonly z.core.$ZodIssue[] } {
  return error instanceof Error && 'issues' in error && Array.isArray(error.issues);
}
