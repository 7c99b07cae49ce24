/**
 * A model of a cluster that is just large enough to show what a plan does to it: pods, controllers that replace them,
 * budgets that the server enforces by rules of its own (not by the core's), and views of it all that may be late.
 *
 * It is deliberately not the Kubernetes peer: it speaks no protocol, counts time in whole seconds and lives in memory, so
 * that a property can run it hundreds of times.
 */
import type { DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { anOwner, aPod, NOON, SECOND } from '../../given.ts';

/** One controller and what it has in the cluster. */
export interface App {
  readonly kind: 'ReplicaSet' | 'StatefulSet' | 'Job' | 'DaemonSet';
  /** Pods on the node that is drained, and on others. */
  readonly here: number;
  readonly elsewhere: number;
  /** Of those here, how many begin unready; they become Ready after `startSeconds`. */
  readonly unready: number;
  /** How many must stay, by its PodDisruptionBudget; absent: it has none. */
  readonly minAvailable?: number;
  readonly alwaysAllowsUnhealthy: boolean;
  readonly graceSeconds: number;
  /** From a pod's creation until it is Ready. */
  readonly startSeconds: number;
  readonly isProtected: boolean;
  readonly isCritical: boolean;
}

interface ModelPod {
  readonly pod: Pod;
  readonly app: number;
  readonly isHere: boolean;
  readonly readyAt: number;
}

/** What a watch has seen at some moment. */
export interface View extends DrainState {
  /** Every controller, followed or not. */
  readonly controllers: ReadonlyMap<string, Workload>;
}

export class ModelCluster {
  readonly #apps: readonly App[];
  #pods: readonly ModelPod[] = [];
  /** Pods that the server has granted, for ever: what the adapter remembers of `disruptedPods`. */
  readonly #granted = new Map<number, Set<string>>();
  readonly #views: View[] = [];
  #born = 0;
  #changed = true;
  now = NOON;

  constructor(apps: readonly App[]) {
    this.#apps = apps;
    for (const [index, app] of apps.entries()) {
      this.#granted.set(index, new Set());
      for (let n = 0; n < app.here; n += 1) this.#create(index, { isHere: true, starts: n < app.unready });
      for (let n = 0; n < app.elsewhere; n += 1) this.#create(index, { isHere: false, starts: false });
    }
    this.#see();
  }

  /** Lets a second pass: pods end, are replaced, and become Ready. */
  tick(): void {
    this.now += SECOND;
    const ended = this.#pods.filter(({ pod }) => pod.deletingUntil !== undefined && pod.deletingUntil <= this.now);
    const started = this.#pods.filter(({ pod, readyAt }) => !pod.ready && readyAt <= this.now);
    this.#changed ||= ended.length + started.length > 0;
    this.#pods = this.#pods
      .filter((pod) => !ended.includes(pod))
      .map((pod) => (started.includes(pod) ? { ...pod, pod: { ...pod.pod, ready: true } } : pod));
    for (const { app } of ended) if (this.#app(app).kind === 'StatefulSet') this.#replace(app);
    this.#see();
  }

  /** The view as it was `lagSeconds` ago. */
  view(lagSeconds: number): View {
    const view = this.#views[Math.max(0, this.#views.length - 1 - lagSeconds)];
    if (view === undefined) throw new Error('a cluster has a view from its start');
    return view;
  }

  /** The Eviction API: by the server's own rules on the true state. */
  evict(uid: string): EvictionAnswer {
    const found = this.#pods.find(({ pod }) => pod.uid === uid);
    if (found === undefined) return { kind: 'gone' };
    if (found.pod.deletingUntil === undefined && !this.#lets(found)) {
      return { kind: 'over-budget', message: 'Cannot evict pod as it would violate the budget' };
    }
    if (found.pod.ready) this.#granted.get(found.app)?.add(found.pod.name);
    this.#delete(found, found.pod.graceSeconds);
    return { kind: 'granted' };
  }

  remove(uid: string, graceSeconds: number): EvictionAnswer {
    const found = this.#pods.find(({ pod }) => pod.uid === uid);
    if (found === undefined) return { kind: 'gone' };
    this.#delete(found, graceSeconds);
    return { kind: 'granted' };
  }

  /** How many of a controller's pods are truly Ready and not being deleted. */
  readyOf(app: number): number {
    return this.#healthy(app).length;
  }

  appOf(uid: string): number {
    return this.#apps.findIndex((_, index) => uid.startsWith(`app${index}-`));
  }

  #lets({ pod, app }: ModelPod): boolean {
    const { minAvailable, alwaysAllowsUnhealthy } = this.#app(app);
    if (minAvailable === undefined) return true;
    const healthy = this.#healthy(app).length;
    if (pod.ready) return healthy > minAvailable;
    return alwaysAllowsUnhealthy || (minAvailable > 0 && healthy >= minAvailable);
  }

  #delete(found: ModelPod, graceSeconds: number): void {
    this.#changed = true;
    const until = Math.min(found.pod.deletingUntil ?? Infinity, this.now + graceSeconds * SECOND);
    const isNew = found.pod.deletingUntil === undefined;
    this.#pods = this.#pods.map((pod) => (pod === found ? { ...pod, pod: { ...pod.pod, deletingUntil: until } } : pod));
    if (isNew && this.#app(found.app).kind === 'ReplicaSet') this.#replace(found.app);
  }

  /** The node is isolated, so a replacement is made elsewhere. */
  #replace(app: number): void {
    this.#create(app, { isHere: false, starts: true });
  }

  #create(index: number, { isHere, starts }: { isHere: boolean; starts: boolean }): void {
    const app = this.#app(index);
    this.#born += 1;
    const name = `app${index}-${this.#born}`;
    const pod = aPod({
      name,
      uid: name,
      ready: !starts,
      labels: { app: `app${index}` },
      annotations: app.isProtected ? { 'ebb/evict': 'never' } : {},
      owner: anOwner({ kind: app.kind, name: `app${index}` }),
      graceSeconds: app.graceSeconds,
      priority: app.isCritical ? 2_000_000_000 : 0,
    });
    const readyAt = starts ? this.now + app.startSeconds * SECOND : this.now;
    this.#pods = [...this.#pods, { pod, app: index, isHere, readyAt }];
  }

  #see(): void {
    const last = this.#views.at(-1);
    this.#views.push(last === undefined || this.#changed ? this.#newView() : last);
    this.#changed = false;
  }

  #newView(): View {
    const controllers = this.#apps.map((_, index) => this.#controller(index));
    return {
      pods: this.#pods.filter(({ isHere }) => isHere).map(({ pod }) => pod),
      budgets: this.#apps.flatMap((_, index) => this.#budget(index)),
      workloads: new Map(),
      controllers: new Map(controllers.map((controller) => [ownerKey(controller.owner), controller])),
    };
  }

  #controller(index: number): Workload {
    const { kind, here, elsewhere } = this.#app(index);
    const readyPods = new Set(this.#healthy(index).map(({ pod }) => pod.uid));
    return { owner: anOwner({ kind, name: `app${index}` }), replicas: here + elsewhere, readyPods, unreadyPods: [] };
  }

  #budget(index: number): DisruptionBudget[] {
    const { minAvailable, here, elsewhere, alwaysAllowsUnhealthy } = this.#app(index);
    if (minAvailable === undefined) return [];
    const currentHealthy = this.#healthy(index).length;
    return [
      {
        namespace: 'shop',
        name: `app${index}`,
        selector: { matchLabels: { app: `app${index}` } },
        disruptionsAllowed: Math.max(0, currentHealthy - minAvailable),
        currentHealthy,
        desiredHealthy: minAvailable,
        expectedPods: here + elsewhere,
        disruptedPods: [...(this.#granted.get(index) ?? [])],
        alwaysAllowsUnhealthy,
      },
    ];
  }

  #healthy(index: number): ModelPod[] {
    return this.#pods.filter(({ app, pod }) => app === index && pod.ready && pod.deletingUntil === undefined);
  }

  #app(index: number): App {
    const app = this.#apps[index];
    if (app === undefined) throw new Error(`the model has no app ${index}`);
    return app;
  }
}
