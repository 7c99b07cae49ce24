/** Faults on order: the next calls of an action are throttled, delayed, reset, failed, answered by a proxy, or done but not answered. */
import { STATUS_CODES } from 'node:http';
import type { WireAnswer } from './wire/answer.ts';
import { AwsError } from './wire/aws-error.ts';

/** What goes wrong. */
export type FaultKind =
  /** Refused as throttled, before anything is done. */
  | 'throttle'
  /** HTTP 500 or the given error, before anything is done. */
  | 'error'
  /** A page of HTML with a status of 5xx, as a load balancer or proxy in front of the service answers; nothing is done. */
  | 'html'
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
  /** For `html`: default 503. */
  readonly status?: number;
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

/** The page that such a fault stands for; undefined when it is another kind. */
export function pageOfFault(fault: FaultPlan): WireAnswer | undefined {
  if (fault.kind !== 'html') return undefined;
  const { status = 503 } = fault;
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}

function applies(plan: FaultPlan, service: string, action: string): boolean {
  return (plan.service ?? service) === service && (plan.action ?? action) === action;
}
