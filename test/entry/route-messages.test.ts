/** The batches of the router's queue (contract 1.1, faults 15). */
import { expect, test } from 'vitest';
import { MOST_MESSAGES, type Message } from '../../lambdas/adapters/sqs/batch.ts';
import { listedNodes } from '../../lambdas/adapters/clusters/listed-nodes.ts';
import { parseEvent } from '../../lambdas/adapters/event-bridge/interruption-events.ts';
import { routeMessages } from '../../lambdas/entry/route-messages.ts';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';

function message(event: unknown, receives = 1): Message {
  const messageId = crypto.randomUUID();
  return {
    eventSource: 'aws:sqs',
    messageId,
    receiptHandle: `receipt of ${messageId}`,
    body: JSON.stringify(event),
    attributes: { ApproximateReceiveCount: receives },
  };
}

/** A full batch, of which these are the first. */
function full(...first: readonly Message[]): Message[] {
  const test = { Event: 'autoscaling:TEST_NOTIFICATION' };
  return [...first, ...Array.from({ length: MOST_MESSAGES - first.length }, () => message(test))];
}

function route(rehearsal: Rehearsal, messages: readonly Message[], putOff: [string, number][] = []) {
  const nodes = listedNodes(rehearsal.fleets);
  const note = (receipt: string, seconds: number): Promise<void> => {
    putOff.push([receipt, seconds]);
    return Promise.resolve();
  };
  return rehearsal.drive(routeMessages(messages, { ...rehearsal.ports, nodes, parse: parseEvent, putOff: note }));
}

const isCordoned = (rehearsal: Rehearsal, node: string): boolean => rehearsal.node(node).spec.unschedulable === true;

test('in a full batch a node is isolated at once, and its retirement put off; when it comes again it is started (faults 15)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  const event = rehearsal.terminate(instance);
  const putOff: [string, number][] = [];
  const leaving = message(event);
  const answer = await route(rehearsal, full(leaving), putOff);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: leaving.messageId }] });
  expect(putOff.map(([receipt]) => receipt)).toEqual([leaving.receiptHandle]);
  const [[, seconds] = ['', 0]] = putOff;
  expect(seconds).toBeGreaterThanOrEqual(10);
  expect(seconds).toBeLessThan(40);
  expect(isCordoned(rehearsal, node)).toBe(true);
  expect(rehearsal.started.size).toBe(0);
  expect(rehearsal.of('notice.failed')).toEqual([]);
  expect(await route(rehearsal, full(message(event, 2)), putOff)).toEqual({ batchItemFailures: [] });
  expect(putOff).toHaveLength(1);
  expect(rehearsal.started.size).toBe(1);
});

test('in a batch that is not full nothing waits', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  const answer = await route(rehearsal, [message(rehearsal.terminate(instance))]);
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(rehearsal.started.size).toBe(1);
  expect(isCordoned(rehearsal, node)).toBe(true);
});

test('in a full batch the retirement of a node that cannot be isolated at once is started (faults 15)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance } = rehearsal.first;
  const event = rehearsal.terminate(instance);
  const { EC2InstanceId, ...rest } = event.detail;
  const unnamed = { ...event, detail: { ...rest, EC2InstanceId, NotificationMetadata: undefined } };
  const putOff: [string, number][] = [];
  expect(await route(rehearsal, full(message(unnamed)), putOff)).toEqual({ batchItemFailures: [] });
  expect(putOff).toEqual([]);
  expect(rehearsal.started.size).toBe(1);
});

test('an event that is malformed fails by itself: it is told, comes again, and holds up no other (contract 1.1, faults 8)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance } = rehearsal.first;
  const event = rehearsal.terminate(instance);
  const malformed = message({ ...event, detail: { ...event.detail, EC2InstanceId: 'web-1' } });
  const putOff: [string, number][] = [];
  const answer = await route(rehearsal, [malformed, message(event)], putOff);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: malformed.messageId }] });
  // A Spot instance has two minutes: what failed comes again sooner than a message is hidden.
  expect(putOff).toEqual([[malformed.receiptHandle, 30]]);
  expect(rehearsal.of('notice.failed')).toMatchObject([
    { messageId: malformed.messageId, reason: expect.stringMatching(/^MalformedEvent: .*EC2InstanceId/) as string },
  ]);
  expect(rehearsal.started.size).toBe(1);
});
