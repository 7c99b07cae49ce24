/** Messages that are put off: SQS hides each for so long, and then delivers it again. */
import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { askedTogether } from '../aws/asked-together.ts';

/** IAM action of the call below. */
export const PUT_OFF_ACTIONS = ['sqs:ChangeMessageVisibility'] as const;

/** Messages of one call, at most. */
const MOST = 10;

/**
 * @param queue URL of the queue
 * @returns takes the receipt handle of a message, and for how long it is put off, seconds
 */
export function puttingOff(client: SQSClient, queue: string): (receipt: string, seconds: number) => Promise<void> {
  const change = askedTogether(MOST, async (entries) => {
    const Entries = entries.map((entry, index) => {
      const { receipt, seconds } = JSON.parse(entry) as Entry;
      return { Id: String(index), ReceiptHandle: receipt, VisibilityTimeout: seconds };
    });
    const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue, Entries }));
    const refusals = new Map(Failed.map(({ Id, Code, Message }) => [Id, `${Code ?? ''}: ${Message ?? ''}`]));
    return Entries.map(({ Id }) => refusals.get(Id));
  });
  return async (receipt, seconds) => {
    const refusal = await change(JSON.stringify({ receipt, seconds } satisfies Entry));
    if (refusal !== undefined) throw new Error(`SQS does not put a message off: ${refusal}`);
  };
}

interface Entry {
  readonly receipt: string;
  readonly seconds: number;
}
