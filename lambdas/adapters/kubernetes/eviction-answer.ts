/**
 * What the API server's answer to an eviction means (contract 4.3), read from what real servers answer:
 * most refusals have no code of their own and are told apart by cause or words. A
 * refusal is that pod's business; only RBAC's is the cluster's.
 */
import { ClusterAway } from '../../core/kubernetes/cluster-error.ts';
import type { EvictionAnswer } from '../../core/drain/eviction-ask.ts';
import { isDeniedByWebhook, isLackOfRights, refusalBy, statusOf, type Status } from './api/status.ts';

type Reading = (status: Status) => EvictionAnswer | undefined;

/** In order: the first that knows the answer names it. */
const READINGS: readonly Reading[] = [
  // First: a webhook denies with a code of its own choice, and one that cannot be asked (faults 49) fails with a 500.
  ({ message }) =>
    message.includes('failed calling webhook') || isDeniedByWebhook({ message })
      ? { kind: 'denied-by-webhook', message }
      : undefined,
  ({ code }) => (code === 404 ? { kind: 'gone' } : undefined),
  ({ code, message }) =>
    code === 409 && message.includes('the UID in the precondition') ? { kind: 'gone' } : undefined,
  ({ code, causes, message, retryAfterSeconds }) => {
    const cause = causes.find(({ reason }) => reason === 'DisruptionBudget');
    if (code !== 429 || cause === undefined) return undefined;
    return retryAfterSeconds === undefined
      ? { kind: 'over-budget', message: cause.message ?? message }
      : { kind: 'budget-pending', retryAfterSeconds };
  },
  ({ code, retryAfterSeconds }) =>
    code === 429 ? { kind: 'throttled', ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) } : undefined,
  ({ code, message }) =>
    code === 500 && message.includes('more than one PodDisruptionBudget')
      ? { kind: 'several-budgets', message }
      : undefined,
  ({ code, causes, message }) =>
    code === 403 &&
    (causes.some(({ reason }) => reason === 'NamespaceTerminating') || message.includes('being terminated'))
      ? { kind: 'namespace-terminating' }
      : undefined,
  ({ code, message }) => (code >= 500 || code === 408 || code === 409 ? { kind: 'unknown', message } : undefined),
  // A ValidatingAdmissionPolicy (422, recorded), an admission plugin (403) or what else the server does not take: the
  // words are the server's, and say what to do about this pod; the next one may well go.
  (status) => (isLackOfRights(status) ? undefined : { kind: 'denied', message: status.message }),
];

/**
 * Awaits an eviction or a deletion.
 *
 * @throws ClusterRefused when we lack the right to, naming verb and resource in the server's words
 */
export async function evictionAnswer(call: Promise<unknown>): Promise<EvictionAnswer> {
  try {
    await call;
    return { kind: 'granted' };
  } catch (error) {
    if (error instanceof ClusterAway) return { kind: 'unknown', message: error.message };
    const status = statusOf(error);
    if (status === undefined) throw error;
    for (const reading of READINGS) {
      const answer = reading(status);
      if (answer !== undefined) return answer;
    }
    throw refusalBy(status, error);
  }
}
