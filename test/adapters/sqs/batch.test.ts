import { describe, expect, test } from 'vitest';
import { handleEach, messagesOf } from '../../../lambdas/adapters/sqs/batch.ts';

const record = (messageId: string, body: string) => ({
  messageId,
  body,
  receiptHandle: 'r',
  attributes: { ApproximateReceiveCount: '1' },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:notices',
  awsRegion: 'eu-central-1',
});

describe('the messages of a batch', () => {
  test('are its records', () => {
    const batch = { Records: [record('1', '{}'), record('2', 'x')] };
    expect(messagesOf(batch)).toEqual([
      expect.objectContaining({ messageId: '1', body: '{}', attributes: { ApproximateReceiveCount: 1 } }),
      expect.objectContaining({ messageId: '2', body: 'x', receiptHandle: 'r' }),
    ]);
  });

  test.each([
    ['an EventBridge event', { source: 'aws.autoscaling', 'detail-type': 'x', detail: {} }],
    ['a batch of another service', { Records: [{ ...record('1', '{}'), eventSource: 'aws:kinesis' }] }],
    ['nothing', { Records: [] }],
    ['null', null],
    ['text', 'Records'],
  ])('are none in %s', (_what, event) => {
    expect(messagesOf(event)).toBeUndefined();
  });
});

describe('a batch', () => {
  test('is handled at once, each message by itself: those that fail, or are put off, come again (contract 1.1)', async () => {
    const failures: string[] = [];
    let running = 0;
    let most = 0;
    const answer = await handleEach(
      messagesOf({
        Records: [
          record('good', '{"fails":false}'),
          record('bad', '{"fails":true}'),
          record('no JSON', '{"fails"'),
          record('also good', '{"fails":false}'),
          record('later', '{"later":true}'),
        ],
      }) ?? [],
      async (event) => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        const { fails = false, later = false } = event as { fails?: boolean; later?: boolean };
        if (fails) throw new Error('cannot');
        return later ? 'put off' : 'done';
      },
      (error, { messageId }) => {
        failures.push(`${messageId}: ${error instanceof Error ? error.name : ''}`);
      },
    );
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['bad', 'no JSON', 'later']);
    expect(failures.sort()).toEqual(['bad: Error', 'no JSON: SyntaxError']);
    expect(most).toBe(4);
  });
});
