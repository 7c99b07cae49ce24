/**
 * The workloads that had pods on the node, watched in the user's cluster itself: how few of their pods ever served at
 * once, against what their budget or implied budget promises (contract 4.4, 4.5), and what happened as facts.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { toBudget } from '../../../lambdas/adapters/kubernetes/budgets.ts';
import type { KubernetesConnection } from '../../../lambdas/adapters/kubernetes/api/connection.ts';
import { pathOf } from '../../../lambdas/adapters/kubernetes/api/path.ts';
import { toPod } from '../../../lambdas/adapters/kubernetes/pods.ts';
import { watch, type WatchedCollection } from '../../../lambdas/adapters/kubernetes/api/watch.ts';
import type { DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import { podName, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { DrainPolicy } from '../../../lambdas/core/drain/verdict.ts';
import type { Availability } from '../../peers/kubernetes/world/availability.ts';
import { factsOf, type Fact } from '../../peers/kubernetes/storage/facts.ts';
import type { Pod as RawPod } from '../../peers/kubernetes/storage/objects.ts';
import { pods as podResource } from '../../peers/kubernetes/storage/resources.ts';
import type { Change } from '../../peers/kubernetes/storage/store.ts';
import { FreeToGo } from './free-to-go.ts';
import { promisesOf, serves, type Promised } from './promised-pods.ts';

/** A pod, as the decisions see it and as it came. */
interface Seen {
  readonly pod: Pod;
  readonly raw: RawPod;
}

interface Watched extends Promised {
  lowestReady: number;
}

/** What is watched. */
export interface WatchPlan {
  readonly node: string;
  /** The pods whose workloads are watched. */
  readonly leaving: readonly Pod[];
  /** How they are judged. */
  readonly policy: DrainPolicy;
}

export class WorkloadWatch {
  /** Pods of the node that left although too few of their like would serve: `shop/web-1: 3 of 4`. */
  readonly violations: string[] = [];
  readonly freeToGo: FreeToGo;
  readonly #node: string;
  readonly #onFact: (fact: Fact) => void;
  readonly #watched: Watched[] = [];
  readonly #collections: WatchedCollection<Seen>[] = [];
  #budgets: WatchedCollection<DisruptionBudget> | undefined;
  #known = new Map<string, Seen>();

  private constructor({ node, leaving, policy }: WatchPlan, onFact: (fact: Fact) => void) {
    this.#node = node;
    this.freeToGo = new FreeToGo(leaving, policy);
    this.#onFact = onFact;
  }

  static async open(
    connection: KubernetesConnection,
    plan: WatchPlan,
    onFact: (fact: Fact) => void,
  ): Promise<WorkloadWatch> {
    const opened = new WorkloadWatch(plan, onFact);
    try {
      await opened.#open(connection, plan.leaving);
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  }

  /** What stands there now, as facts that would make it so. */
  standing(at: number): Fact[] {
    const pods = [...this.#known.values()].flatMap(({ raw }) => factsOf(changeOf('ADDED', raw), at));
    const budgets = [...(this.#budgets?.items.values() ?? [])].map(({ namespace, name, disruptionsAllowed }) => ({
      kind: 'budgetAllows' as const,
      at,
      namespace,
      budget: name,
      allowed: disruptionsAllowed,
    }));
    return [...pods, ...budgets];
  }

  workloads(): Availability[] {
    const budgets = this.#budgetsNow();
    return this.#watched.map(({ workload, budget, lowestReady, ...promised }) => {
      return { workload, budget, replicas: promised.replicas(budgets), floor: promised.floor(budgets), lowestReady };
    });
  }

  /** Names of the watched workloads that no budget covers. */
  unbudgeted(): string[] {
    return this.#watched.filter(({ budget }) => budget === 'implied').map(({ workload }) => workload);
  }

  close(): void {
    for (const collection of [...this.#collections, this.#budgets]) collection?.close();
  }

  async #open(connection: KubernetesConnection, leaving: readonly Pod[]): Promise<void> {
    // The watches go on by themselves when the server is away for a while; whether it is, others tell.
    const listener = {
      changed: () => {
        this.#look();
      },
      failed: () => undefined,
    };
    this.#budgets = await watch(
      connection,
      { path: '/apis/policy/v1/poddisruptionbudgets', start: 'list', read: toBudget },
      listener,
    );
    for (const namespace of new Set(leaving.map((pod) => pod.namespace))) {
      const path = pathOf('/api/v1/namespaces', namespace, 'pods');
      this.#collections.push(await watch(connection, { path, start: 'list', read: seen }, listener));
    }
    this.#known = this.#now();
    const every = [...this.#known.values()].map(({ pod }) => pod);
    for (const promised of await promisesOf(connection, { leaving, every, budgets: this.#budgetsNow() })) {
      this.#watched.push({ ...promised, lowestReady: this.#serving(promised) });
    }
    this.#noteFreedoms();
  }

  #now(): Map<string, Seen> {
    return new Map(this.#collections.flatMap(({ items }) => [...items]));
  }

  #budgetsNow(): DisruptionBudget[] {
    return [...(this.#budgets?.items.values() ?? [])];
  }

  #look(): void {
    const before = this.#known;
    this.#known = this.#now();
    const changed = [...this.#known].filter(([uid, each]) => before.get(uid) !== each);
    const gone = [...before].filter(([uid]) => !this.#known.has(uid));
    this.#noteFreedoms();
    for (const watched of this.#watched) watched.lowestReady = Math.min(watched.lowestReady, this.#serving(watched));
    for (const [uid, { raw, pod }] of changed) {
      const previous = before.get(uid);
      if (previous !== undefined) this.#judgeFall(previous, pod);
      this.#tell(changeOf(previous === undefined ? 'ADDED' : 'MODIFIED', raw, previous?.raw));
    }
    for (const [, each] of gone) {
      this.#judgeFall(each, undefined);
      this.#tell(changeOf('DELETED', each.raw, each.raw));
    }
  }

  /** Only a deletion on the node is the drain's doing; a pod that fails by itself breaks no promise. */
  #judgeFall({ pod: before, raw }: Seen, after: Pod | undefined): void {
    const isWill = after === undefined || after.deletingUntil !== undefined;
    if (raw.spec.nodeName !== this.#node || !serves(before) || !isWill) return;
    for (const watched of this.#watched.filter(({ includes }) => includes(before, this.#budgetsNow()))) {
      const serving = this.#serving(watched);
      const floor = watched.floor(this.#budgetsNow());
      if (serving < floor) this.violations.push(`${podName(before)}: ${serving} of ${floor}`);
    }
  }

  #noteFreedoms(): void {
    const pods = new Map([...this.#known].map(([uid, { pod }]) => [uid, pod]));
    this.freeToGo.look({ at: Date.now(), promises: this.#watched, budgets: this.#budgetsNow(), pods });
  }

  #serving({ includes }: Promised): number {
    const budgets = this.#budgetsNow();
    return [...this.#known.values()].filter(({ pod }) => serves(pod) && includes(pod, budgets)).length;
  }

  #tell(change: Change<RawPod>): void {
    for (const fact of factsOf(change, Date.now())) this.#onFact(fact);
  }
}

function seen(object: KubernetesObject): Seen {
  return { pod: toPod(object), raw: object as unknown as RawPod };
}

function changeOf(type: Change['type'], object: RawPod, previous?: RawPod): Change<RawPod> {
  return { type, resource: podResource, object, previous, version: 0 };
}
