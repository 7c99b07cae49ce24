/**
 * An ask: the state of one pod's eviction request, which is asked, granted, or refused for now with the reason. A
 * refusal is an expected answer, never an error (contract 4.3).
 */
import type { BlockedBy } from './blocked.ts';

/** The server's answer to an eviction or a forced deletion. */
export type EvictionAnswer =
  /** 200 or 201: the pod is going. */
  | { readonly kind: 'granted' }
  /** 404, or 409 because the name now belongs to another pod. */
  | { readonly kind: 'gone' }
  /** 429 with cause DisruptionBudget; the message names the budget. */
  | { readonly kind: 'over-budget'; readonly message: string }
  /** 429: the disruption controller has not processed the budget yet. */
  | { readonly kind: 'budget-pending'; readonly retryAfterSeconds: number }
  /** 429 by the API server's flow control: says nothing about the pod. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  /** 500: several budgets cover the pod, which eviction does not support. */
  | { readonly kind: 'several-budgets'; readonly message: string }
  /** An admission webhook denies it. */
  | { readonly kind: 'denied-by-webhook'; readonly message: string }
  /** Any other 4xx, such as an admission policy's 422: the server refuses this eviction, and says why. */
  | { readonly kind: 'denied'; readonly message: string }
  /** 403: the namespace is being deleted, with its pods. */
  | { readonly kind: 'namespace-terminating' }
  /** 5xx, reset or timeout: the eviction may or may not have happened. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface Ask {
  readonly state: 'asking' | 'granted' | 'refused' | 'unknown';
  /** How often the server has been asked. */
  readonly attempts: number;
  /** When it was last asked, epoch milliseconds. */
  readonly askedAt: number;
  /** When it may be asked again at the earliest, epoch milliseconds. */
  readonly notBefore: number;
  /** The pod was Ready when it was asked for, so a grant uses its budget up. */
  readonly wasReady: boolean;
  /** Forced past budgets at the deadline. */
  readonly forced: boolean;
  /** Kind of the last refusal. */
  readonly refusal?: Refusal['kind'];
  /** The block that the last refusal named, if a person can act on it. */
  readonly blockedBy?: BlockedBy;
}

export type Asks = ReadonlyMap<string, Ask>;

/** Backoff after a refusal that could not be foreseen: 0.1 s, doubling to 10 s (contract 4.4). */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;

/** Whether the pod counts as leaving: it was asked for, and not refused since. */
export function isLeaving(ask: Ask | undefined): boolean {
  return ask !== undefined && ask.state !== 'refused';
}

export function asked(
  previous: Ask | undefined,
  { now, ready, forced }: { now: number; ready: boolean; forced: boolean },
): Ask {
  // Forcing starts with the shortest backoff, because it has no time for that of the evictions before.
  const attempts = previous?.forced === forced ? previous.attempts + 1 : 1;
  return { state: 'asking', attempts, askedAt: now, notBefore: now, wasReady: ready, forced };
}

/**
 * Returns the ask after the server's answer.
 *
 * @param at.random 0–1, spreads the retry after an unknown outcome
 */
export function answered(ask: Ask, answer: EvictionAnswer, at: { now: number; random: number }): Ask {
  const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (ask.attempts - 1));
  const jittered = Math.min(LONGEST_BACKOFF_MS, backoff * (0.5 + at.random));
  switch (answer.kind) {
    case 'granted':
    case 'gone':
      return { ...ask, state: 'granted' };
    case 'unknown':
      return { ...ask, state: 'unknown', notBefore: at.now + jittered };
    default:
      return { ...ask, state: 'refused', refusal: answer.kind, ...refusal(ask, answer, { now: at.now, backoff }) };
  }
}

type Refusal = Exclude<EvictionAnswer, { kind: 'granted' | 'gone' | 'unknown' }>;

/** Returns when to ask again. A refusal that only a person can end is retried seldom, but soon if the pod is forced. */
function refusal(
  { forced }: Ask,
  answer: Refusal,
  { now, backoff }: { now: number; backoff: number },
): Pick<Ask, 'notBefore' | 'blockedBy'> {
  const seldom = now + (forced ? backoff : LONGEST_BACKOFF_MS);
  switch (answer.kind) {
    case 'over-budget':
      return { notBefore: now + backoff, blockedBy: { kind: 'server', message: answer.message } };
    case 'budget-pending':
      return { notBefore: now + answer.retryAfterSeconds * 1000 };
    case 'throttled':
      return { notBefore: now + (answer.retryAfterSeconds === undefined ? backoff : answer.retryAfterSeconds * 1000) };
    case 'several-budgets':
    case 'denied':
      return { notBefore: seldom, blockedBy: { kind: 'server', message: answer.message } };
    case 'denied-by-webhook':
      return { notBefore: seldom, blockedBy: { kind: 'webhook', message: answer.message } };
    case 'namespace-terminating':
      return { notBefore: seldom };
  }
}
