import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { AwsPeer } from '../peer.ts';

/** Says which messages it got, and fails those whose body says so; with `crash` it fails as a whole. */
const CODE = `
  exports.handler = async ({ Records }) => {
    console.log(JSON.stringify(Records.map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount])));
    if (Records.some(({ body }) => body === 'crash')) throw new Error('crashed');
    const failed = Records.filter(({ body }) => body === 'fail').map(({ messageId }) => ({ itemIdentifier: messageId }));
    const strange = Records.some(({ body }) => body === 'strange') ? [{ itemIdentifier: 'nobody' }] : [];
    return { batchItemFailures: [...failed, ...strange] };
  };
`;

const RULE = 'arn:aws:events:eu-central-1:123456789012:rule/rule';
const ROLE = 'arn:aws:iam::123456789012:role/reader';
const MINUTE = 60_000;

let directory: string;
let clock: DrivenClock;
let peer: AwsPeer;
let lines: string[];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'aws-peer-'));
  writeFileSync(join(directory, 'index.cjs'), CODE);
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  clock = new DrivenClock();
  peer = await AwsPeer.start({ clock });
  lines = [];
  peer.lambda.onLog(({ line }) => lines.push(line));
});
afterEach(async () => {
  await peer.stop();
});

interface Plan {
  readonly actions?: readonly string[];
  readonly visibilityMs?: number;
  readonly batchSize?: number;
  readonly windowMs?: number;
}

/** A queue that a function reads, with a dead-letter queue after two deliveries. */
function reading({ actions = ['sqs:*'], visibilityMs = MINUTE, batchSize = 20, windowMs = 1_000 }: Plan = {}): string {
  const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
  peer.authorization.addRole(ROLE, { policies: [{ Version: '2012-10-17', Statement: [statement] }] });
  const { arn } = peer.lambda.addFunction({
    name: 'reader',
    directory,
    handler: 'index.handler',
    timeout: 30,
    alias: 'live',
    roleArn: ROLE,
  });
  const deadLetterArn = peer.addQueue('letters');
  const queue = peer.addQueue('work', { visibilityMs, redrive: { deadLetterArn, maxReceiveCount: 2 } });
  peer.addEventSource({ queue, function: `${arn}:live`, batchSize, windowMs, reportsFailures: true });
  return queue;
}

const send = (queue: string, ...bodies: readonly string[]): void => {
  for (const body of bodies) peer.queues.send(queue, { at: clock.date(), body, attributes: {} });
};

const batches = (): [string, string][][] => lines.map((line) => JSON.parse(line) as [string, string][]);

describe('a queue that a function reads', () => {
  test('hands over what comes within its window as one batch, or as many as are full', async () => {
    const queue = reading({ batchSize: 20 });
    send(queue, ...Array.from({ length: 45 }, (_, index) => String(index)));
    await peer.driveUntil(() => lines.length === 3);
    expect(batches().map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(peer.queues.messages()).toEqual([]);
  });

  test('delivers again what the function says has failed, once it is visible, and then leaves it for dead', async () => {
    const queue = reading();
    const begun = clock.now();
    send(queue, 'good', 'fail');
    await peer.driveUntil(() => lines.length === 2);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(MINUTE);
    expect(batches()).toEqual([
      [
        ['good', '1'],
        ['fail', '1'],
      ],
      [['fail', '2']],
    ]);
    await peer.driveUntil(() => peer.queues.messages('letters').length > 0);
    expect(peer.queues.messages('letters')).toMatchObject([{ body: 'fail' }]);
    expect(lines).toHaveLength(2);
  });

  test.each([
    ['fails', 'crash'],
    ['answers for a message that it did not get', 'strange'],
  ])('delivers a whole batch again when the function %s', async (_how, body) => {
    const queue = reading();
    send(queue, 'good', body);
    await peer.driveUntil(() => peer.queues.messages('letters').length === 2);
    expect(peer.queues.messages('letters').map((letter) => letter.body)).toEqual(['good', body]);
  });
});

describe('Lambda refuses to read a queue', () => {
  test.each([
    ['that hides a message for less than the function may take', { visibilityMs: 20_000 }, /^Queue visibility timeout/],
    ['in large batches without a window', { windowMs: 0 }, /^Maximum batch window/],
    ['that the role may not read', { actions: ['sqs:ReceiveMessage'] }, /permissions to call DeleteMessage on SQS$/],
  ])('%s', (_what, plan, message) => {
    expect(() => reading(plan)).toThrow(message);
  });
});

describe('a rule', () => {
  const target = (queue: string) => ({ id: 'queue', arn: queue, deadLetterArn: peer.addQueue('undelivered') });
  const statement = (sourceArn: string) => ({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
  });

  test('sends its events to a queue whose policy lets it', () => {
    const queue = peer.addQueue('work');
    peer.queues.setPolicy(queue, { Statement: [statement(RULE)] });
    peer.eventBridge.addRule({
      name: 'rule',
      arn: RULE,
      pattern: { source: ['a'] },
      targets: [target(queue)],
      enabled: true,
    });
    peer.eventBridge.put({ source: 'a', 'detail-type': 'b', resources: [], detail: {} });
    expect(peer.queues.messages('work').map(({ body }) => JSON.parse(body) as object)).toMatchObject([{ source: 'a' }]);
  });

  test('does not reach a queue that lets another rule send: its dead-letter queue gets the event', async () => {
    const queue = peer.addQueue('work');
    peer.queues.setPolicy(queue, { Statement: [statement(`${RULE}-other`)] });
    const to = { ...target(queue), maximumRetryAttempts: 1 };
    peer.eventBridge.addRule({ name: 'rule', arn: RULE, pattern: { source: ['a'] }, targets: [to], enabled: true });
    peer.eventBridge.put({ source: 'a', 'detail-type': 'b', resources: [], detail: {} });
    await peer.driveUntil(() => peer.queues.messages('undelivered').length > 0);
    expect(peer.queues.messages('work')).toEqual([]);
    expect(peer.queues.messages('undelivered')).toMatchObject([{ attributes: { ERROR_CODE: 'NO_PERMISSIONS' } }]);
  });
});
