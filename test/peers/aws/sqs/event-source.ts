/**
 * A queue that a function reads: Lambda collects messages into batches, invokes the function with each, deletes what it has
 * handled, and SQS hands out the rest again once they are visible. From the Lambda and SQS developer guides.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Account } from '../account.ts';
import type { InvocationOutcome } from '../lambda/sandbox.ts';
import type { QueueMessage, QueueReader, Queues } from './queues.ts';

export interface EventSourcePlan {
  readonly queue: string;
  /** The function, by qualified ARN when it is an alias. */
  readonly function: string;
  /** Messages of a batch, at most. */
  readonly batchSize: number;
  /** How long a batch is collected, milliseconds. */
  readonly windowMs: number;
  /** Whether the function says which messages have failed; otherwise a batch succeeds or fails as a whole. */
  readonly reportsFailures: boolean;
}

interface Parts {
  readonly account: Account;
  readonly time: { now(): number; after(milliseconds: number, run: () => void): unknown };
  readonly queues: Queues;
  /** Invokes the function, and waits for its end. */
  readonly invoke: (payload: string) => Promise<InvocationOutcome>;
}

interface Received {
  readonly id: string;
  readonly message: QueueMessage;
  /** Since when it can be received, driven epoch milliseconds. */
  waitsSince: number;
  /** How often it has been received. */
  receives: number;
  firstReceived?: number;
  /** When it is handed out again unless it is deleted, driven epoch milliseconds. */
  visibleAt?: number;
}

/** Batches that Lambda has handled at a time at first, and how many more it takes each second while messages wait. */
const FIRST_BATCHES = 5;
const MORE_BATCHES = 5;
const MOST_BATCHES = 1_250;

const failuresSchema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() })
  .nullish();

export class EventSource implements QueueReader {
  readonly #plan: EventSourcePlan;
  readonly #parts: Parts;
  /** What functions have in hand, by receipt handle. */
  readonly #inFlight = new Map<string, Received>();
  #waiting: Received[] = [];
  #collecting = false;
  #running = 0;
  #busySince: number | undefined;

  constructor(plan: EventSourcePlan, parts: Parts) {
    this.#plan = plan;
    this.#parts = parts;
    parts.queues.readBy(plan.queue, this);
  }

  receive(message: QueueMessage): void {
    this.#receive({ id: crypto.randomUUID(), message, waitsSince: 0, receives: 0 });
  }

  hide(receipt: string, milliseconds: number): boolean {
    const received = this.#inFlight.get(receipt);
    if (received !== undefined) received.visibleAt = this.#parts.time.now() + milliseconds;
    return received !== undefined;
  }

  #receive(received: Received): void {
    received.waitsSince = this.#parts.time.now();
    this.#waiting.push(received);
    if (this.#waiting.length >= this.#plan.batchSize) this.#take();
    else this.#collect();
  }

  /** A batch is collected from its first message on. */
  #collect(): void {
    const [first] = this.#waiting;
    if (this.#collecting || first === undefined) return;
    this.#collecting = true;
    const { time } = this.#parts;
    const isOver = first.waitsSince + this.#plan.windowMs <= time.now();
    time.after(isOver ? this.#plan.windowMs : first.waitsSince + this.#plan.windowMs - time.now(), () => {
      this.#collecting = false;
      const [oldest] = this.#waiting;
      if (oldest !== undefined && oldest.waitsSince + this.#plan.windowMs <= time.now()) this.#take();
      this.#collect();
    });
  }

  #take(): void {
    const now = this.#parts.time.now();
    this.#busySince ??= now;
    const grown = FIRST_BATCHES + Math.floor((now - this.#busySince) / 1_000) * MORE_BATCHES;
    while (this.#waiting.length > 0 && this.#running < Math.min(MOST_BATCHES, grown)) {
      const batch = this.#waiting.splice(0, this.#plan.batchSize);
      this.#running += 1;
      void this.#invoke(batch).finally(() => {
        this.#running -= 1;
        if (this.#running === 0 && this.#waiting.length === 0) this.#busySince = undefined;
        else if (this.#waiting.length >= this.#plan.batchSize) this.#take();
      });
    }
  }

  async #invoke(batch: readonly Received[]): Promise<void> {
    const { invoke, time } = this.#parts;
    const alive = batch.filter((received) => !this.#giveUp(received));
    if (alive.length === 0) return;
    const { visibilityMs } = this.#parts.queues.settings(this.#plan.queue);
    const receivedAt = time.now();
    for (const received of alive) {
      received.receives += 1;
      received.firstReceived ??= receivedAt;
      received.visibleAt = receivedAt + visibilityMs;
      this.#inFlight.set(receiptOf(received), received);
    }
    const payload = JSON.stringify({ Records: alive.map((received) => this.#record(received)) });
    const outcome = await invoke(payload);
    const failed = outcome.ok ? this.#failedOf(alive, outcome.payload) : alive;
    for (const received of alive) this.#inFlight.delete(receiptOf(received));
    for (const received of failed) {
      time.after(Math.max(0, (received.visibleAt ?? 0) - time.now()), () => {
        this.#receive(received);
      });
    }
  }

  /** «If the function returns an itemIdentifier that does not exist, or an empty one, the whole batch has failed.» */
  #failedOf(batch: readonly Received[], payload: string): readonly Received[] {
    if (!this.#plan.reportsFailures) return [];
    const answer = failuresSchema.safeParse(payload === '' ? null : JSON.parse(payload));
    if (!answer.success) return batch;
    const failed = (answer.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
    const known = new Set(batch.map(({ id }) => id));
    return failed.every((id) => known.has(id)) ? batch.filter(({ id }) => failed.includes(id)) : batch;
  }

  /** Moves a message that has been received too often to the dead-letter queue, as it was sent. */
  #giveUp({ message, receives }: Received): boolean {
    const { redrive } = this.#parts.queues.settings(this.#plan.queue);
    if (redrive === undefined || receives < redrive.maxReceiveCount) return false;
    this.#parts.queues.send(redrive.deadLetterArn, message);
    return true;
  }

  #record(received: Received): object {
    const { id, message, receives, firstReceived = 0 } = received;
    return {
      messageId: id,
      receiptHandle: receiptOf(received),
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: String(message.at.getTime()),
        SenderId: 'AIDAEVENTBRIDGE000000',
        ApproximateFirstReceiveTimestamp: String(firstReceived),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(message.body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: this.#plan.queue,
      awsRegion: this.#parts.account.region,
    };
  }
}

/** Each delivery has one of its own. */
function receiptOf({ id, receives }: Received): string {
  return Buffer.from(`${id} ${receives}`).toString('base64');
}
