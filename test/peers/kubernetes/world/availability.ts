/**
 * The check that no workload falls below its budget by somebody's will: at every change of a pod, the pods that serve
 * (ready, not terminating) are counted against what their budget promises. Pods that no budget covers are held to the
 * implied budget of their controller (contract 4.5). A fall by itself, as of a node that dies, lowers the count and is
 * no violation; deleting or evicting a serving pod below the floor is one.
 */
import { allowance } from '../eviction/budget-arithmetic.ts';
import { podsOfBudget, scaleOf } from '../eviction/budget-pods.ts';
import { budgetsOf } from '../eviction/eviction.ts';
import { type Budget, controllerOf, type OwnerReference, type Pod } from '../storage/objects.ts';
import { isControlledBy, isFinished, isServing } from './pod-state.ts';
import { pods, replicaSets, statefulSets } from '../storage/resources.ts';
import { type Change, isOf, type ObjectStore } from '../storage/store.ts';

export interface Availability {
  /** `app/ReplicaSet/web-5d57b6f59b`; for a budget the workloads that it covers. */
  readonly workload: string;
  /** The budget's name, or `implied`. */
  readonly budget: string;
  readonly replicas: number;
  /** The fewest serving pods that are promised. */
  readonly floor: number;
  readonly lowestReady: number;
}

export interface Violation {
  /** Driven epoch milliseconds. */
  readonly at: number;
  readonly workload: string;
  readonly budget: string;
  readonly pod: string;
  readonly ready: number;
  readonly floor: number;
}

/** The pods that share a promise, and the promise at this moment. */
interface Group {
  readonly key: string;
  readonly workload: string;
  readonly budget: string;
  readonly replicas: number;
  readonly floor: number;
  readonly serving: number;
}

export class AvailabilityCheck {
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #groups = new Map<string, Availability>();
  readonly #violations: Violation[] = [];
  #unsubscribe: (() => void) | undefined;

  constructor(store: ObjectStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Starts, or starts again, from the present state; call it when the world is settled. */
  watch(): void {
    this.#unsubscribe?.();
    this.#groups.clear();
    this.#violations.length = 0;
    for (const pod of this.#store.list(pods)) for (const group of this.#groupsOf(pod)) this.#record(group);
    this.#unsubscribe = this.#store.onChange((change) => {
      if (isOf(pods, change)) this.#look(change);
    });
  }

  report(): { workloads: Availability[]; violations: Violation[] } {
    return { workloads: [...this.#groups.values()], violations: [...this.#violations] };
  }

  #look({ type, object, previous }: Change<Pod>): void {
    const serves = type !== 'DELETED' && isServing(object);
    const isFall = previous !== undefined && isServing(previous) && !serves;
    const isWill = type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
    for (const group of this.#groupsOf(object)) {
      this.#record(group);
      const { workload, budget, serving, floor } = group;
      if (isFall && isWill && serving < floor)
        this.#violations.push({ at: this.#now(), workload, budget, pod: object.metadata.name, ready: serving, floor });
    }
  }

  #record({ key, workload, budget, replicas, floor, serving }: Group): void {
    const lowestReady = Math.min(serving, this.#groups.get(key)?.lowestReady ?? serving);
    this.#groups.set(key, { workload, budget, replicas, floor, lowestReady });
  }

  #groupsOf(pod: Pod): Group[] {
    const covering = budgetsOf({ store: this.#store }, pod);
    if (covering.length > 0) return covering.map((budget) => this.#budgetGroup(budget));
    const owner = controllerOf(pod);
    return owner === undefined || isExempt(owner) ? [] : [this.#impliedGroup(pod, owner)];
  }

  #budgetGroup(budget: Budget): Group {
    const members = podsOfBudget(this.#store, budget);
    const { scale } = scaleOf(this.#store, members);
    const serving = members.filter(isServing).length;
    const wanted = allowance(budget.spec, { pods: members.length, scale, healthy: serving });
    const { namespace = '', name } = budget.metadata;
    const owners = new Set(members.map((pod) => workloadName(pod, controllerOf(pod))));
    const workload = [...owners].join(' + ');
    const replicas = wanted.expectedPods;
    return { key: `${namespace}/${name}`, workload, budget: name, replicas, floor: wanted.desiredHealthy, serving };
  }

  #impliedGroup(pod: Pod, owner: OwnerReference): Group {
    const { namespace = '' } = pod.metadata;
    const members = this.#store.list(pods, namespace).filter((other) => isControlledBy(other, owner.uid));
    const replicas = this.#replicas(owner, namespace) ?? members.filter((member) => !isFinished(member)).length;
    const serving = members.filter(isServing).length;
    const floor = replicas - impliedUnavailable(owner, replicas);
    return { key: owner.uid, workload: workloadName(pod, owner), budget: 'implied', replicas, floor, serving };
  }

  /** What the owner wants; undefined when it cannot be asked, because it is of another kind or gone. */
  #replicas({ apiVersion, kind, name }: OwnerReference, namespace: string): number | undefined {
    const key = { namespace, name };
    if (apiVersion !== 'apps/v1') return undefined;
    if (kind === 'ReplicaSet') return this.#store.get(replicaSets, key)?.spec.replicas;
    return kind === 'StatefulSet' ? this.#store.get(statefulSets, key)?.spec.replicas : undefined;
  }
}

/** How many pods of a workload without budget may be away: 25 % rounded up for ReplicaSets, else one at a time. */
export function impliedUnavailable(
  { apiVersion, kind }: Pick<OwnerReference, 'apiVersion' | 'kind'>,
  replicas: number,
): number {
  if (replicas <= 1) return replicas;
  return apiVersion === 'apps/v1' && kind === 'ReplicaSet' ? Math.max(1, Math.ceil(replicas / 4)) : 1;
}

/** Daemon pods and static pods are bound to their node, Jobs start again: no promise of service. */
function isExempt({ apiVersion, kind }: OwnerReference): boolean {
  return ['apps/v1 DaemonSet', 'batch/v1 Job', 'v1 Node'].includes(`${apiVersion} ${kind}`);
}

function workloadName({ metadata }: Pod, owner: OwnerReference | undefined): string {
  const { namespace = '', name } = metadata;
  return owner === undefined ? `${namespace}/Pod/${name}` : `${namespace}/${owner.kind}/${owner.name}`;
}
