/**
 * EventBridge's default bus: rules by pattern or schedule, functions as targets, at least once, each target with its own
 * retry policy and dead-letter queue.
 */
import type { Account } from '../account.ts';
import type { Queues } from '../sqs/queues.ts';
import type { Timetable } from '../timetable.ts';
import type { AwsEvent, Bus, EventDraft } from './event.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { paceOf } from './schedule.ts';

export interface Target {
  readonly id: string;
  /** A function, by qualified ARN when it is an alias. */
  readonly arn: string;
  readonly deadLetterArn?: string;
  /** Default 185, over 24 hours. */
  readonly maximumRetryAttempts?: number;
  /** A constant payload instead of the event. */
  readonly input?: string;
}

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern?: Pattern;
  /** `rate(5 minutes)` */
  readonly schedule?: string;
  readonly targets: readonly Target[];
  enabled: boolean;
}

/** Hands an event to a target; a thrown error is a delivery that failed and is tried again. */
export type Deliver = (target: Target, payload: string, rule: Rule) => void;

interface KnownRule {
  readonly rule: Rule;
  readonly matches: (event: unknown) => boolean;
}

export class EventBridge implements Bus {
  /** Every event that was put, oldest first. */
  readonly events: AwsEvent[] = [];
  /** How often each event is delivered to each target; 2 plays the at-least-once guarantee. */
  deliveries = 1;
  /** Set false to lose events, as a bus may. */
  delivering = true;
  readonly #rules: KnownRule[] = [];
  readonly #account: Account;
  readonly #time: Timetable;
  readonly #queues: Queues;
  readonly #deliver: Deliver;

  constructor(parts: { account: Account; time: Timetable; queues: Queues; deliver: Deliver }) {
    this.#account = parts.account;
    this.#time = parts.time;
    this.#queues = parts.queues;
    this.#deliver = parts.deliver;
  }

  addRule(rule: Rule): void {
    const matches = rule.pattern === undefined ? () => false : compilePattern(rule.pattern);
    this.#rules.push({ rule, matches });
    if (rule.schedule === undefined) return;
    const { every, first } = paceOf(rule.schedule, this.#time.now());
    const run = (): void => {
      if (rule.enabled && this.delivering) this.fireSchedule(rule);
    };
    this.#time.every(every, run, { first });
  }

  get rules(): readonly Rule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** Puts an event of this account, made now, on the bus. */
  put(draft: EventDraft): AwsEvent {
    const event: AwsEvent = {
      version: '0',
      id: crypto.randomUUID(),
      'detail-type': draft['detail-type'],
      source: draft.source,
      account: this.#account.accountId,
      time: this.#time
        .date()
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
      region: this.#account.region,
      resources: draft.resources,
      detail: draft.detail,
    };
    this.deliver(event);
    return event;
  }

  /** Delivers a whole event as it is: a replay, a forged one, or one that was made up elsewhere. */
  deliver(event: AwsEvent): void {
    this.events.push(event);
    if (!this.delivering) return;
    for (const { rule, matches } of this.#rules) if (rule.enabled && matches(event)) this.#fire(rule, event);
  }

  /** Delivers again the last event that was put. */
  redeliverLast(): void {
    const last = this.events.at(-1);
    if (last !== undefined) this.deliver(last);
  }

  /** Runs a scheduled rule now. */
  fireSchedule(rule: Rule): void {
    const draft = { 'detail-type': 'Scheduled Event', source: 'aws.events', resources: [rule.arn], detail: {} };
    const time = this.#time
      .date()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    const { accountId: account, region } = this.#account;
    this.#fire(rule, { version: '0', id: crypto.randomUUID(), ...draft, account, time, region });
  }

  #fire(rule: Rule, event: AwsEvent): void {
    for (const target of rule.targets) {
      const payload = target.input ?? JSON.stringify(event);
      for (let count = 0; count < this.deliveries; count += 1) this.#attempt(rule, target, { payload, attempt: 0 });
    }
  }

  #attempt(rule: Rule, target: Target, delivery: { payload: string; attempt: number }): void {
    try {
      this.#deliver(target, delivery.payload, rule);
    } catch (error) {
      const { payload, attempt } = delivery;
      if (attempt >= (target.maximumRetryAttempts ?? 185)) this.#giveUp(rule, target, { payload, error });
      else
        this.#time.after(backoff(attempt), () => {
          this.#attempt(rule, target, { payload, attempt: attempt + 1 });
        });
    }
  }

  #giveUp(rule: Rule, target: Target, failure: { payload: string; error: unknown }): void {
    if (target.deadLetterArn === undefined) return;
    const { error } = failure;
    this.#queues.send(target.deadLetterArn, {
      at: this.#time.date(),
      body: failure.payload,
      attributes: {
        RULE_ARN: rule.arn,
        TARGET_ARN: target.arn,
        ERROR_CODE: error instanceof Error && 'code' in error ? String(error.code) : 'SDK_CLIENT_ERROR',
        ERROR_MESSAGE: error instanceof Error ? error.message : String(error),
      },
    });
  }
}

/** Grows from a second to ten minutes. */
function backoff(attempt: number): number {
  return Math.min(600_000, 1000 * 2 ** attempt);
}
