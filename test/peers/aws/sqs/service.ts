/** SQS on the wire: awsJson1.0, as far as a function needs it that a queue invokes. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';
import type { Queues } from './queues.ts';

/** Longest time that a message may be hidden, seconds. */
const MOST_HIDDEN = 43_200;

const entrySchema = z.object({
  Id: z.string().regex(/^[\w-]{1,80}$/),
  ReceiptHandle: z.string(),
  VisibilityTimeout: z.number().int().min(0).max(MOST_HIDDEN),
});

type Entry = z.infer<typeof entrySchema>;

export function sqsService(queues: Queues, account: Account): Service {
  const queueOf = (url: string): string => arn(account, 'sqs', url.split('/').at(-1) ?? '');
  const hidden = (url: string, { Id, ReceiptHandle, VisibilityTimeout }: Entry) => {
    if (queues.hide(queueOf(url), ReceiptHandle, VisibilityTimeout * 1000)) return { Successful: { Id } };
    const Message = 'The specified receipt handle does not exist, or the message is not in flight.';
    return { Failed: { Id, Code: 'InvalidParameterValue', SenderFault: true, Message } };
  };
  return {
    scope: 'sqs',
    iamPrefix: 'sqs',
    protocol: 'json',
    invalidCode: 'InvalidParameterValue',
    deniedCode: 'AccessDenied',
    operations: {
      ChangeMessageVisibilityBatch: operation({
        input: z.object({ QueueUrl: z.string(), Entries: z.array(entrySchema) }),
        iamAction: 'ChangeMessageVisibility',
        resources: ({ QueueUrl }) => [{ arn: queueOf(QueueUrl) }],
        answer: ({ QueueUrl, Entries }) => {
          checkEntries(Entries);
          if (!queues.arns.includes(queueOf(QueueUrl)))
            throw new AwsError('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
          const answers = Entries.map((entry) => hidden(QueueUrl, entry));
          return {
            Successful: answers.flatMap(({ Successful }) => Successful ?? []),
            Failed: answers.flatMap(({ Failed }) => Failed ?? []),
          };
        },
      }),
    },
    route: (request) => jsonRoute(request, 'AmazonSQS'),
  };
}

/** @throws AwsError */
function checkEntries(entries: readonly Entry[]): void {
  const refuse = (code: string, message: string): never => {
    throw new AwsError(`com.amazonaws.sqs#${code}`, message);
  };
  if (entries.length === 0)
    refuse(
      'EmptyBatchRequest',
      'There should be at least one ChangeMessageVisibilityBatchRequestEntry in the request.',
    );
  if (entries.length > 10)
    refuse(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
    );
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    refuse('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
}
