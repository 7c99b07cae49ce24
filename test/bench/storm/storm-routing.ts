/**
 * The way of a storm's events to the router: a queue that Lambda reads in batches, as the stack sets it up, and the router's
 * shipped code for each batch.
 */
import { MOST_MESSAGES, messagesOf } from '../../../lambdas/adapters/sqs/batch.ts';
import type { LifecycleNotice } from '../../../lambdas/core/notice/notice.ts';
import { routeMessages } from '../../../lambdas/entry/route-messages.ts';
import type { EventPorts, Parsed } from '../../../lambdas/workflow/notice/route-notice.ts';
import { EventSource } from '../../peers/aws/sqs/event-source.ts';
import { Queues } from '../../peers/aws/sqs/queues.ts';
import { passing } from './rates.ts';

const ACCOUNT = { accountId: '123456789012', region: 'eu-central-1' };
const QUEUE = 'arn:aws:sqs:eu-central-1:123456789012:notices';
const LETTERS = 'arn:aws:sqs:eu-central-1:123456789012:letters';

/** As the stack has them (infra/routing/notice-queue.ts). */
const SETTINGS = { visibilityMs: 180_000, redrive: { deadLetterArn: LETTERS, maxReceiveCount: 3 } };
const BATCHES = { batchSize: MOST_MESSAGES, windowMs: 1_000, reportsFailures: true };

/** How long SQS takes for an answer, milliseconds. */
const PUT_OFF_MS = 20;

interface Parts {
  /** A sandbox's own, with what it keeps of answers. */
  readonly portsOf: (sandbox: number) => EventPorts;
  /** How long a sandbox takes to its first line, milliseconds. */
  readonly coldMs: number;
}

export class StormRouting {
  readonly #queues = new Queues();
  readonly #free: number[] = [];
  #sandboxes = 0;
  /** Invocations of the router, and what they took in all. */
  invocations = 0;
  billedMs = 0;
  /** Messages that came again: the router had put them off, or failed. */
  redelivered = 0;

  constructor({ portsOf, coldMs }: Parts) {
    this.#queues.add(LETTERS);
    this.#queues.add(QUEUE, SETTINGS);
    const time = { now: () => Date.now(), after: (ms: number, run: () => void) => void setTimeout(run, ms) };
    new EventSource(
      { ...BATCHES, queue: QUEUE, function: 'router' },
      { account: ACCOUNT, queues: this.#queues, time, invoke: (payload) => this.#invoke(payload, { portsOf, coldMs }) },
    );
  }

  send(notice: LifecycleNotice): void {
    const { group } = notice;
    const hookMetadata = JSON.stringify({ cluster: group.replace('-workers', '') });
    const parsed: Parsed = { kind: 'notice', notice, hookMetadata };
    this.#queues.send(QUEUE, { at: new Date(), body: JSON.stringify(parsed), attributes: {} });
  }

  async #invoke(payload: string, { portsOf, coldMs }: Parts): Promise<{ ok: true; payload: string }> {
    const begun = Date.now();
    this.invocations += 1;
    const known = this.#free.pop();
    const sandbox = known ?? this.#sandboxes++;
    if (known === undefined) await passing(coldMs);
    const answer = await routeMessages(messagesOf(JSON.parse(payload)) ?? [], {
      ...portsOf(sandbox),
      parse: (event) => event as Parsed,
      putOff: async (receipt, seconds) => {
        await passing(PUT_OFF_MS);
        this.#queues.hide(QUEUE, receipt, seconds * 1000);
      },
    });
    this.redelivered += answer.batchItemFailures.length;
    this.#free.push(sandbox);
    this.billedMs += Date.now() - begun;
    return { ok: true, payload: JSON.stringify(answer) };
  }
}
