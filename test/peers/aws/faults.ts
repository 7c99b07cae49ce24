/** Faults on order: the next calls of an action are throttled, delayed, reset, failed, or done but not answered. */
import { AwsError } from './wire/aws-error.ts';

/** What goes wrong. */
export type FaultKind =
  /** Refused as throttled, before anything is done. */
  | 'throttle'
  /** HTTP 500 or the given error, before anything is done. */
  | 'error'
  /** The connection is reset, before anything is done. */
  | 'reset'
  /** The work is done, then the connection is reset. */
  | 'lost-answer'
  /** The work is done after `delay`. */
  | 'delay';

export interface FaultPlan {
  readonly kind: FaultKind;
  /** The service's SigV4 name, such as `autoscaling`; default any. */
  readonly service?: string;
  /** Default any. */
  readonly action?: string;
  /** How many calls it hits. Default 1; `Infinity` until removed. */
  readonly times?: number;
  /** How many matching calls go through first. Default 0. */
  readonly skip?: number;
  /** Driven milliseconds, for `delay`. */
  readonly delay?: number;
  /** For `error`: default InternalFailure, 500. */
  readonly error?: { readonly code: string; readonly message?: string; readonly status?: number };
}

interface Pending {
  readonly plan: FaultPlan;
  skip: number;
  left: number;
}

export class Faults {
  readonly #pending: Pending[] = [];

  /** Orders a fault; the answer takes it back. */
  inject(plan: FaultPlan): () => void {
    const pending = { plan, skip: plan.skip ?? 0, left: plan.times ?? 1 };
    this.#pending.push(pending);
    return () => {
      pending.left = 0;
    };
  }

  /** The fault that hits this call, used up by it; undefined when none does. */
  take(service: string, action: string): FaultPlan | undefined {
    for (const pending of this.#pending) {
      if (pending.left <= 0 || !applies(pending.plan, service, action)) continue;
      if (pending.skip > 0) {
        pending.skip -= 1;
        continue;
      }
      pending.left -= 1;
      return pending.plan;
    }
    return undefined;
  }
}

/** The refusal that a fault stands for; undefined when it is none. */
export function refusalOf(fault: FaultPlan, protocol: string): AwsError | undefined {
  if (fault.kind === 'throttle') {
    const byProtocol: Readonly<Record<string, readonly [string, number]>> = {
      query: ['Throttling', 400],
      ec2: ['RequestLimitExceeded', 503],
      json: ['ThrottlingException', 400],
      'rest-json': ['TooManyRequestsException', 429],
    };
    const [code, status] = byProtocol[protocol] ?? ['Throttling', 400];
    return new AwsError(code, 'Rate exceeded', status);
  }
  if (fault.kind !== 'error') return undefined;
  const { code = 'InternalFailure', message = 'We encountered an internal error.', status = 500 } = fault.error ?? {};
  return new AwsError(code, message, status);
}

function applies(plan: FaultPlan, service: string, action: string): boolean {
  return (plan.service ?? service) === service && (plan.action ?? action) === action;
}
