/** Batches of messages, as Lambda hands them over from a queue, and its answer about each. */
import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';

/** Messages of a batch, at most: as many instances as Auto Scaling describes in one call. */
export const MOST_MESSAGES = 50;

const messageSchema = z.object({
  eventSource: z.literal('aws:sqs'),
  messageId: z.string(),
  receiptHandle: z.string(),
  /** A JSON text, as whoever sent it wrote it. */
  body: z.string(),
  attributes: z.object({
    /** How often it has been delivered, this time too. */
    ApproximateReceiveCount: z.pipe(z.string(), z.transform(Number)),
  }),
});

const batchSchema = z.object({ Records: z.array(messageSchema).check(z.minLength(1)) });

export type Message = z.infer<typeof messageSchema>;

/** @param event payload of the invocation, of any form @returns undefined when it is no batch of a queue */
export function messagesOf(event: unknown): readonly Message[] | undefined {
  return batchSchema.safeParse(event).data?.Records;
}

/** What became of a message: the queue keeps one that was put off. */
export type Handled = 'done' | 'put off';

/**
 * Handles all messages of a batch at once, each by itself: one that fails holds up no other.
 *
 * @param handle takes what the message's JSON says
 * @param failed told of each failure
 * @returns which are to be delivered again: those that failed or were put off. After some deliveries the queue gives up.
 */
export async function handleEach(
  messages: readonly Message[],
  handle: (event: unknown, message: Message) => Promise<Handled>,
  failed: (error: unknown, message: Message) => Promise<void> | void,
): Promise<SQSBatchResponse> {
  const handled = messages.map(async (message): Promise<Handled | 'failed'> => {
    try {
      return await handle(JSON.parse(message.body), message);
    } catch (error) {
      await failed(error, message);
      return 'failed';
    }
  });
  const outcomes = await Promise.all(handled);
  const again = messages.filter((_message, index) => outcomes[index] !== 'done');
  return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
