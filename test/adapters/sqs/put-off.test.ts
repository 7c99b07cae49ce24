import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { PUT_OFF_ACTIONS, puttingOff } from '../../../lambdas/adapters/sqs/put-off.ts';
import { AwsGiven } from '../aws/given.ts';

const URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/notices';

/** A queue with messages in somebody's hands: what is hidden, and for how long. */
async function withMessages(receipts: readonly string[]) {
  const given = await AwsGiven.start();
  const hidden: [string, number][] = [];
  given.aws.queues.readBy(given.aws.addQueue('notices'), {
    receive: () => undefined,
    hide: (receipt, milliseconds) => {
      const isInHand = receipts.includes(receipt);
      if (isInHand) hidden.push([receipt, milliseconds]);
      return isInHand;
    },
  });
  const config = given.aws.clientConfig(given.credentialsFor(...PUT_OFF_ACTIONS));
  return Object.assign(given, { hidden, putOff: puttingOff(new SQSClient(config), URL) });
}

test('messages that are put off at the same time are hidden by ten in a call, each for its own time', async () => {
  const receipts = Array.from({ length: 12 }, (_, index) => `r${index}`);
  await using given = await withMessages(receipts);
  await Promise.all(receipts.map((receipt, index) => given.putOff(receipt, 10 + index)));
  expect(given.hidden).toEqual(receipts.map((receipt, index) => [receipt, (10 + index) * 1000]));
  expect(given.count('ChangeMessageVisibilityBatch')).toBe(2);
});

test('a message that nobody has in hand any more fails, and no other', async () => {
  await using given = await withMessages(['good']);
  const [good, gone] = await Promise.allSettled([given.putOff('good', 10), given.putOff('gone', 10)]);
  expect(good.status).toBe('fulfilled');
  expect(gone).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringMatching(/not in flight/) as string },
  });
  expect(given.hidden).toEqual([['good', 10_000]]);
});

test('a queue that there is not fails', async () => {
  await using given = await withMessages([]);
  const client = new SQSClient(given.aws.clientConfig());
  await expect(puttingOff(client, `${URL}-other`)('good', 10)).rejects.toThrow('does not exist');
});
