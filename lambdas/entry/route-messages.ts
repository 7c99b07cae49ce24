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

/** A full batch is one of a storm. What has come again is routed at once, so that each event waits once at most. */
export async function routeMessages(
  messages: readonly Message[],
  { parse, putOff, ...ports }: MessagePorts,
): Promise<SQSBatchResponse> {
  const isStorm = messages.length === MOST_MESSAGES;
  return await handleEach(
    messages,
    async (event, { receiptHandle, attributes }) => {
      const parsed = parse(event);
      const isNew = attributes.ApproximateReceiveCount === 1;
      if (isStorm && isNew) return await routeInStorm(parsed, (seconds) => putOff(receiptHandle, seconds), ports);
      await routeEvent(parsed, ports);
      return 'done';
    },
    (error, { messageId }) => {
      logFailure(error, { messageId });
      ports.journal.report(noticeFailed({ messageId, reason: String(error) }));
    },
  );
}
