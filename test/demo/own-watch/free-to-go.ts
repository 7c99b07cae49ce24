/**
 * Since when each pod that is to leave a node could have been evicted: the budget that covers it, or the pace of its
 * controller, let it go. A pod that is deleted past them although it could have gone was forced without need.
 */
import type { DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { judge, type DrainPolicy } from '../../../lambdas/core/drain/verdict.ts';
import { waveOf } from '../../../lambdas/core/drain/wave.ts';
import { serves, type Promised } from './promised-pods.ts';

/** What there is at one moment. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly promises: readonly Promised[];
  readonly budgets: readonly DisruptionBudget[];
  /** All pods that are known, by uid. */
  readonly pods: ReadonlyMap<string, Pod>;
}

/** When a pod could have gone, and when it did, epoch milliseconds. */
interface Freedom {
  readonly since: number;
  readonly until?: number;
}

export class FreeToGo {
  readonly #leaving: ReadonlySet<string>;
  readonly #policy: DrainPolicy;
  readonly #freedoms = new Map<string, Freedom>();

  /** @param leaving pods that are to leave the node */
  constructor(leaving: readonly Pod[], policy: DrainPolicy) {
    this.#leaving = new Set(leaving.map(({ uid }) => uid));
    this.#policy = policy;
  }

  /** To be called at every change. */
  look(moment: Moment): void {
    const staying = [...this.#leaving].flatMap((uid) => {
      const pod = moment.pods.get(uid);
      return pod === undefined || pod.deletingUntil !== undefined ? [] : [pod];
    });
    const uids = new Set(staying.map(({ uid }) => uid));
    for (const [uid, freedom] of this.#freedoms) {
      if (!uids.has(uid)) this.#freedoms.set(uid, { until: moment.at, ...freedom });
    }
    for (const pod of staying) {
      if (!this.#isFree(pod, staying, moment)) this.#freedoms.delete(pod.uid);
      else if (!this.#freedoms.has(pod.uid)) this.#freedoms.set(pod.uid, { since: moment.at });
    }
  }

  /** How long the pod could have gone before it went, milliseconds. @param from when evictions could begin */
  heldFor({ uid }: Pod, from: number): number {
    const { since = Infinity, until = -Infinity } = this.#freedoms.get(uid) ?? {};
    return Math.max(0, until - Math.max(since, from));
  }

  #isFree(pod: Pod, staying: readonly Pod[], { at, promises, budgets, pods }: Moment): boolean {
    if (judge(pod, this.#policy, at).action !== 'evict') return false;
    const waits = waveOf(pod) === 'system-critical' && staying.some((other) => waveOf(other) === 'ordinary');
    const covering = promises.filter(({ includes }) => includes(pod, budgets));
    if (waits || covering.length > 1) return false;
    const servingOf = ({ includes }: Promised): number =>
      [...pods.values()].filter((each) => serves(each) && includes(each, budgets)).length;
    return covering.every((promised) => promised.lets(pod, servingOf(promised), budgets));
  }
}
