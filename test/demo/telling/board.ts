/** What stands where in the cluster, kept up by its facts: the state behind the live view. */
import type { Fact, PodFact } from '../../peers/kubernetes/storage/facts.ts';
import type { LoggedEvent } from '../../installation.ts';

export type PodState = 'starting' | 'ready' | 'blocked' | 'leaving';

export interface PodMark {
  readonly uid: string;
  readonly node: string;
  /** `namespace/name` of what it belongs to, without the parts that are made up. */
  readonly workload: string;
  state: PodState;
}

export class Board {
  readonly #pods = new Map<string, PodMark>();
  readonly #budgets = new Map<string, number>();
  readonly #nodes: string[] = [];
  readonly #isolated = new Set<string>();

  constructor(standing: readonly Fact[]) {
    for (const fact of standing) this.fact(fact);
  }

  get nodes(): readonly string[] {
    return this.#nodes;
  }

  get workloads(): readonly string[] {
    return [...new Set([...this.#pods.values()].map(({ workload }) => workload))].toSorted();
  }

  /** By name, how many evictions each budget allows now. */
  get budgets(): ReadonlyMap<string, number> {
    return this.#budgets;
  }

  isIsolated(node: string): boolean {
    return this.#isolated.has(node);
  }

  podsOf(workload: string, node: string): readonly PodMark[] {
    return [...this.#pods.values()].filter((pod) => pod.workload === workload && pod.node === node);
  }

  fact(fact: Fact): void {
    if ('pod' in fact) this.#podFact(fact);
    else if (fact.kind === 'budgetAllows') this.#budgets.set(`${fact.namespace}/${fact.budget}`, fact.allowed);
    else if (fact.kind === 'nodeAdded') this.#addNode(fact.node);
    else if (fact.kind === 'nodeCordoned') this.#isolated.add(fact.node);
    else if (fact.kind === 'nodeUncordoned') this.#isolated.delete(fact.node);
    else if (fact.kind === 'nodeGone') this.#removeNode(fact.node);
  }

  event(event: LoggedEvent): void {
    if (event.type === 'eviction.blocked') this.#mark(event.uid, 'blocked');
    if (event.type === 'pod.evicted' || event.type === 'pod.forced') this.#mark(event.uid, 'leaving');
  }

  #podFact(fact: PodFact): void {
    if (fact.kind === 'podGone') this.#pods.delete(fact.uid);
    else if (fact.kind === 'podTerminating') this.#mark(fact.uid, 'leaving');
    else if (fact.kind === 'podReady') this.#put(fact, 'ready');
    else if (fact.kind === 'podScheduled') this.#put(fact, 'starting');
  }

  #put(fact: PodFact, state: PodState): void {
    if (fact.node === undefined) return;
    this.#addNode(fact.node);
    this.#pods.set(fact.uid, { uid: fact.uid, node: fact.node, workload: workloadOf(fact), state });
  }

  #mark(uid: string, state: PodState): void {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) pod.state = state;
  }

  #removeNode(node: string): void {
    const at = this.#nodes.indexOf(node);
    if (at >= 0) this.#nodes.splice(at, 1);
  }

  #addNode(node: string): void {
    if (!this.#nodes.includes(node)) this.#nodes.push(node);
  }
}

/** A ReplicaSet's name is its Deployment's and a hash. */
function workloadOf({ namespace, pod, workload }: PodFact): string {
  const [kind, name] = workload?.split('/') ?? [];
  if (name === undefined) return `${namespace}/${pod}`;
  return `${namespace}/${kind === 'ReplicaSet' ? name.replace(/-[^-]+$/, '') : name}`;
}
