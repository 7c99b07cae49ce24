/**
 * Reads the API server's answer to an eviction (contract 4.3), as real servers give it. Most refusals have no code of
 * their own: cause or message decides. A refusal concerns that pod; only one by RBAC concerns the cluster.
 */
import { ClusterAway } from '../../core/kubernetes/cluster-error.ts';
import type { EvictionAnswer } from '../../core/drain/eviction-ask.ts';
import { isDeniedByWebhook, isLackOfRights, refusalBy, statusOf, type Status } from './api/status.ts';

type Reading = (status: Status) => EvictionAnswer | undefined;

/** Readings in order: the first that knows the answer names it. */
const READINGS: readonly Reading[] = [
  // This must be first: a webhook denies with any code, and one that cannot be called (faults 49) fails with a 500.
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
  // A ValidatingAdmissionPolicy (422, recorded), an admission plugin (403) or another refusal: the server's message
  // says what to do about this pod. The next pod may go.
  (status) => (isLackOfRights(status) ? undefined : { kind: 'denied', message: status.message }),
];

/**
 * Awaits an eviction or a deletion.
 *
 * @throws ClusterRefused when rights are missing, with the server's words, which name verb and resource
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
