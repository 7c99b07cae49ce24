/**
 * Lambda's durable execution: what steps returned is kept as JSON, and each invocation begins anew and is given it back.
 * A step that throws is tried again in a later invocation, as lambdas/entry/durable-run/step-retry.ts has it.
 */
import { retryStep } from '../../../lambdas/entry/durable-run/step-retry.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import type { Retired } from '../../../lambdas/workflow/retirement/retirement.ts';
import { SECOND } from '../../given.ts';
import type { Crashes } from './crashes.ts';
import { Sandbox, type Departure } from '../world/sandbox.ts';

export interface Operation {
  readonly type: 'step' | 'wait';
  readonly name: string;
  /** What a step returned, as it comes out of JSON; frozen, because each replay is given it. */
  readonly outcome?: unknown;
  /** When a wait is over, epoch milliseconds. */
  readonly until?: number;
}

/** One invocation of the function. */
export type Handler = (run: DurableRun, sandbox: Sandbox) => Promise<Retired>;

/** With more operations only every so manieth suspension ends the invocation: replays cost the square of them. */
const REPLAYED_OPERATIONS = 100;
const REPLAYED_EVERY = 25;

export class DurableExecution {
  readonly #handler: Handler;
  readonly #crashes: Crashes;
  readonly operations: Operation[] = [];
  /** Seconds of each. */
  readonly suspensions: number[] = [];
  /** What Lambda counts: operations, and further attempts of steps. */
  counted = 0;
  /** Of the step that is at work. */
  #attempts = 0;

  constructor(handler: Handler, crashes: Crashes) {
    this.#handler = handler;
    this.#crashes = crashes;
  }

  /** @throws Error what the handler throws: the execution has failed */
  async run(): Promise<Retired> {
    for (;;) {
      const sandbox = new Sandbox(this.#crashes);
      const run: DurableRun = new Invocation(this, sandbox);
      const handled = this.#handler(run, sandbox).then((retired) => ({ why: 'end' as const, retired }));
      const ending = await Promise.race([handled, sandbox.left]);
      if (ending.why === 'end') return ending.retired;
      await sleepUntil(ending.resumeAt);
    }
  }

  /** Keeps an operation. */
  keep(operation: Operation): void {
    this.operations.push(operation);
    this.counted += 1;
    this.#attempts = 0;
  }

  /** When a step that has thrown is tried again; undefined: never. */
  retryOf(error: Error): Departure | undefined {
    this.#attempts += 1;
    this.counted += 1;
    const { shouldRetry, delay } = retryStep(error, this.#attempts);
    if (!shouldRetry) return undefined;
    if (delay?.seconds === undefined) throw new Error('the model knows retries after seconds only');
    return { why: 'wait', resumeAt: Date.now() + delay.seconds * SECOND };
  }
}

class Invocation implements DurableRun {
  readonly #execution: DurableExecution;
  readonly #sandbox: Sandbox;
  #next = 0;

  constructor(execution: DurableExecution, sandbox: Sandbox) {
    this.#execution = execution;
    this.#sandbox = sandbox;
  }

  async step<Outcome>(name: string, work: () => Promise<Outcome>): Promise<Outcome> {
    const kept = this.#replayed('step', name) ?? (await this.#carryOut(name, work));
    return kept.outcome as Outcome;
  }

  async suspend(name: string, seconds: number): Promise<void> {
    const until = Date.now() + seconds * SECOND;
    const kept = this.#replayed('wait', name) ?? (await this.#keep({ type: 'wait', name, until }));
    const { until: resumeAt = 0 } = kept;
    if (resumeAt === until) this.#execution.suspensions.push(seconds);
    if (resumeAt <= Date.now()) return;
    const { length } = this.#execution.operations;
    if (length <= REPLAYED_OPERATIONS || length % REPLAYED_EVERY === 0) {
      return await this.#sandbox.leave({ why: 'wait', resumeAt });
    }
    await sleepUntil(resumeAt);
    this.#sandbox.beginsAnew();
  }

  /** @throws Error when another operation than this was there before: no replay may do otherwise than its run */
  #replayed(type: Operation['type'], name: string): Operation | undefined {
    const kept = this.#execution.operations[this.#next];
    this.#next += 1;
    if (kept !== undefined && (kept.type !== type || kept.name !== name)) {
      throw new Error(`a replay came to ${type} ${name} where its run had ${kept.type} ${kept.name}`);
    }
    return kept;
  }

  async #carryOut<Outcome>(name: string, work: () => Promise<Outcome>): Promise<Operation> {
    const sandbox = this.#sandbox;
    sandbox.isInStep = true;
    const [worked] = await Promise.allSettled([work()]);
    if (!sandbox.isAlive()) return await new Promise(() => undefined);
    sandbox.isInStep = false;
    if (worked.status === 'fulfilled') {
      return await this.#keep({ type: 'step', name, outcome: throughJson(worked.value) });
    }
    const retry = this.#execution.retryOf(worked.reason as Error);
    if (retry === undefined) throw worked.reason;
    return await sandbox.leave(retry);
  }

  #keep(operation: Operation): Promise<Operation> {
    return this.#sandbox.through('checkpoint', () => {
      this.#execution.keep(operation);
      return Promise.resolve(operation);
    });
  }
}

/** A step without a result has none in JSON either. */
function throughJson(value: unknown): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => Object.freeze(part));
}

function sleepUntil(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time - Date.now()));
}
