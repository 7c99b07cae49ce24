/**
 * The eviction subresource, step by step as upstream's EvictionREST does it: pods that cannot be disrupted any more go
 * at once; a ready pod takes one disruption of its single budget *before* its preconditions are looked at, so a UID
 * mismatch uses up a disruption until the budget controller forgets it after 120 s (recorded).
 */
import type { Api } from '../api/api.ts';
import { checkNamespace } from '../storage/creation.ts';
import { checkPreconditions, type DeleteOptions, deleteObject } from '../storage/deletion.ts';
import type { Budget, Pod } from '../storage/objects.ts';
import { isFinished, isReady, isTerminating, withCondition } from '../world/pod-state.ts';
import { budgets, pods } from '../storage/resources.ts';
import { matches } from '../api/selectors.ts';
import { badRequest, notFound, overBudget, severalBudgets, success, type Status } from '../api/status.ts';
import { timestamp } from '../storage/timestamp.ts';

/** The body of an eviction request. */
export interface Eviction {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string };
  deleteOptions?: DeleteOptions;
}

/** How long a client is told to wait for a budget that the controller has not seen (upstream, recorded). */
const UNPROCESSED_RETRY_SECONDS = 10;

/** Evicts a pod; the 201 Status, or a refusal: 400, 403, 404, 409, 429, 500. */
export function evict(api: Api, key: { namespace: string; name: string }, eviction: Eviction, dryRun: boolean): Status {
  checkBody(eviction, key.name);
  checkNamespace(api.store, { resource: pods, ...key });
  const options = withDryRun(eviction.deleteOptions ?? {}, dryRun);
  const pod = api.store.get(pods, key);
  if (pod === undefined) throw notFound(pods, key.name);
  if (!isPastBudgets(pod)) takeDisruption(api, pod, isDry(options));
  disrupt(api, pod, options);
  return success(201);
}

/** The subresource takes the beta's bodies although the beta's other kinds are gone. */
const EVICTION_VERSIONS = ['policy/v1', 'policy/v1beta1'];

function checkBody({ apiVersion = 'policy/v1', kind = 'Eviction', metadata }: Eviction, name: string): void {
  if (!EVICTION_VERSIONS.includes(apiVersion) || kind !== 'Eviction')
    throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
  if (metadata?.name !== name) throw badRequest('name in URL does not match name in Eviction object');
}

/** The budgets of the pod's namespace whose selector matches it. A pod without labels has none. */
export function budgetsOf({ store }: Pick<Api, 'store'>, pod: Pod): Budget[] {
  const { labels, namespace } = pod.metadata;
  if (labels === undefined || Object.keys(labels).length === 0) return [];
  return store.list(budgets, namespace).filter(({ spec }) => matches(spec.selector, labels));
}

/** Pods that are finished, not yet started or already going are deleted without asking a budget. */
function isPastBudgets(pod: Pod): boolean {
  return isFinished(pod) || isTerminating(pod) || pod.status.phase === 'Pending';
}

function takeDisruption(api: Api, pod: Pod, dryRun: boolean): void {
  const [budget, second] = budgetsOf(api, pod);
  if (second !== undefined) throw severalBudgets();
  if (budget === undefined || isUnhealthyAllowed(pod, budget)) return;
  checkBudget(budget);
  if (!dryRun) decrement(api, budget, pod.metadata.name);
}

/** A pod that is not ready does no service: it may go when the policy says so or the budget is met without it. */
function isUnhealthyAllowed(pod: Pod, { spec, status }: Budget): boolean {
  if (isReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

function checkBudget({ metadata: { name, generation = 0 }, status }: Budget): void {
  if ((status.observedGeneration ?? 0) < generation) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    throw overBudget(cause, UNPROCESSED_RETRY_SECONDS);
  }
  if (status.disruptionsAllowed > 0) return;
  const failed = status.conditions?.find(({ status: value, reason }) => value === 'False' && reason === 'SyncFailed');
  if (failed !== undefined) {
    const why = `does not allow evicting pods currently because it failed sync: ${failed.message}`;
    throw overBudget(`The disruption budget ${name} ${why}`);
  }
  const { desiredHealthy, currentHealthy } = status;
  throw overBudget(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  );
}

function decrement({ store, clock }: Api, budget: Budget, podName: string): void {
  const now = timestamp(clock.now());
  store.change(budgets, budget.metadata, ({ status }) => {
    status.disruptionsAllowed -= 1;
    status.disruptedPods = { ...status.disruptedPods, [podName]: now };
    if (status.disruptionsAllowed > 0) return;
    const condition = { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' };
    const observed = status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration };
    status.conditions = withCondition(status.conditions, { lastTransitionTime: now, ...observed, ...condition }, now);
  });
}

function disrupt(api: Api, pod: Pod, options: DeleteOptions): void {
  checkPreconditions(pods, pod, options.preconditions ?? {});
  const now = timestamp(api.clock.now());
  const marked = isDry(options)
    ? pod
    : (api.store.change(pods, pod.metadata, ({ status }) => {
        status.conditions = withCondition(status.conditions, { ...EVICTING, lastTransitionTime: now }, now);
      }) ?? pod);
  // The condition made a new version; a precondition on the old one held and counts for the deletion (upstream).
  deleteObject(api, pods, marked, { ...options, preconditions: {} });
}

const EVICTING = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
};

function isDry({ dryRun = [] }: DeleteOptions): boolean {
  return dryRun.length > 0;
}

function withDryRun(options: DeleteOptions, dryRun: boolean): DeleteOptions {
  return dryRun ? { ...options, dryRun: ['All'] } : options;
}
