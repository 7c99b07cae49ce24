/** The messages of a batch of the router's queue, each an event. */
import type { SQSBatchResponse } from 'aws-lambda';
import { handleEach, MOST_MESSAGES, type Message } from '../adapters/sqs/batch.ts';
import { noticeFailed } from '../core/events/notice-events.ts';
import { routeEvent, routeInStorm, type EventPorts, type Parsed } from '../workflow/notice/route-notice.ts';
import { logFailure } from './reporting/failure-report.ts';

export interface MessagePorts extends EventPorts {
  /** Reads an event of any form. @throws MalformedEvent */
  readonly parse: (event: unknown) => Parsed;
  /** Has a message come again, so many seconds from now. @param receipt its receipt handle */
  readonly putOff: (receipt: string, seconds: number) => Promise<void>;
}

/** From so many messages on a batch is one of a storm. */
const STORM = MOST_MESSAGES / 2;

/** Pauses before a message that failed comes again, seconds, by how often it has come: a Spot instance has two minutes. */
const AGAIN_SECONDS = [30, 60];

/** A batch of a storm isolates first. What has come again is routed at once, so that each event waits once at most. */
export async function routeMessages(
  messages: readonly Message[],
  { parse, putOff, ...ports }: MessagePorts,
): Promise<SQSBatchResponse> {
  const isStorm = messages.length >= STORM;
  return await handleEach(
    messages,
    async (event, { receiptHandle, attributes }) => {
      const parsed = parse(event);
      const isNew = attributes.ApproximateReceiveCount === 1;
      if (isStorm && isNew) return await routeInStorm(parsed, (seconds) => putOff(receiptHandle, seconds), ports);
      await routeEvent(parsed, ports);
      return 'done';
    },
    async (error, { messageId, receiptHandle, attributes }) => {
      logFailure(error, { messageId });
      ports.journal.report(noticeFailed({ messageId, reason: String(error) }));
      const seconds = AGAIN_SECONDS[attributes.ApproximateReceiveCount - 1];
      // Without it the message comes again when its visibility ends.
      if (seconds !== undefined) await putOff(receiptHandle, seconds).catch(logFailure);
    },
  );
}
