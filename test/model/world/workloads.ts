/**
 * The pods, their controllers and their budgets, as they truly are. The server's rules are told here once more, from the
 * Kubernetes documentation and not from the core: what the core believes is what is on trial.
 */
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { NamespacePod } from '../../../lambdas/core/kubernetes/siblings.ts';
import type { UnreadyPod } from '../../../lambdas/core/kubernetes/unready-pod.ts';
import { aPod, SECOND } from '../../given.ts';
import { Budgets } from './budgets.ts';
import { isReplacedAtOnce, labelsOf, namespacePodOf, ownerOf, withoutOwner } from './owners.ts';
import type { App } from '../run/scenario.ts';
import type { World } from './world.ts';

export interface ModelPod {
  /** As the API shows it now. */
  pod: Pod;
  readonly app: App;
  readonly appName: string;
  /** Of the scenario's apps. */
  readonly appIndex: number;
  /** `other machine`: the one that has the node's name now. */
  readonly place: 'here' | 'elsewhere' | 'other machine';
  /** It was there from the start. */
  readonly isFirst: boolean;
}

type Place = ModelPod['place'];

/** What is watched for a drain. */
export interface View extends Omit<DrainState, 'workloads'> {
  readonly namespace: readonly NamespacePod[];
}

export class Workloads {
  readonly #world: World;
  /** By name. */
  readonly apps: ReadonlyMap<string, App>;
  readonly #pods = new Map<string, ModelPod>();
  readonly #stops = new Map<string, NodeJS.Timeout>();
  readonly #budgets: Budgets;
  readonly #listeners = new Set<() => void>();
  /** Names of those that were there from the start and have gone. */
  readonly gone = new Set<string>();
  #born = 0;

  constructor(world: World) {
    this.#world = world;
    this.apps = new Map(world.scenario.apps.map((app, index) => [`app${index}`, app]));
    this.#budgets = new Budgets(
      this.apps,
      (name) => this.healthy(name).length,
      () => {
        this.#tell();
      },
    );
    for (const [name, app] of this.apps) {
      for (let n = 0; n < app.here; n += 1) this.#create(name, { place: 'here', starts: n < app.unready, first: true });
      for (let n = 0; n < app.elsewhere; n += 1) this.#create(name, { place: 'elsewhere', starts: false, first: true });
    }
    this.#budgets.lookAtAll();
  }

  /** @returns what ends the listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  find(uid: string): ModelPod | undefined {
    return this.#pods.get(uid);
  }

  on(place: Place): ModelPod[] {
    return [...this.#pods.values()].filter((pod) => pod.place === place);
  }

  /** Ready pods of a controller that stay. */
  healthy(appName: string): ModelPod[] {
    return this.#of(appName).filter(({ pod }) => isHealthy(pod));
  }

  /** How many pods of a controller there are, those that stop among them. */
  count(appName: string): number {
    return this.#of(appName).length;
  }

  /** What a watch shows: the pods of the node, whosever machine they stand on, all budgets, and all pods. */
  view(): View {
    const pods = [...this.#pods.values()];
    return {
      pods: pods.filter(({ place }) => place !== 'elsewhere').map(({ pod }) => pod),
      budgets: this.#budgets.objects(),
      namespace: pods.map(({ pod }) => namespacePodOf(pod)),
    };
  }

  /** Those of a controller's pods that are not Ready, or stop. */
  unready(appName: string): UnreadyPod[] {
    return this.#of(appName).flatMap(({ pod }) => {
      const { readiness: standing } = namespacePodOf(pod);
      return typeof standing === 'string' ? [] : [standing];
    });
  }

  /** The Eviction API. */
  evict(uid: string, graceSeconds?: number): EvictionAnswer {
    const found = this.#pods.get(uid);
    if (found === undefined) return { kind: 'gone' };
    const refusal = this.#budgets.ownership(found.appName, found.pod);
    if (refusal !== undefined) return refusal;
    this.#delete(found, graceSeconds ?? found.pod.graceSeconds);
    return { kind: 'granted' };
  }

  remove(uid: string, graceSeconds: number): EvictionAnswer {
    const found = this.#pods.get(uid);
    if (found === undefined) return { kind: 'gone' };
    this.#delete(found, graceSeconds);
    return { kind: 'granted' };
  }

  /** Their kubelet has died: they are not Ready, and end no more. */
  areLeftAlone(): void {
    for (const { pod } of this.on('here')) {
      this.#change(pod.uid, { ready: false });
      clearTimeout(this.#stops.get(pod.uid));
    }
  }

  /** The control plane removes what stood on a node that is gone. */
  areCollected(): void {
    for (const { pod } of this.on('here')) this.#vanish(pod.uid);
  }

  /** The machine that has the node's name now gets pods of its own. */
  comeToOtherMachine(): void {
    for (const name of this.apps.keys()) this.#create(name, { place: 'other machine', starts: false, first: false });
  }

  #delete(found: ModelPod, graceSeconds: number): void {
    const { pod, app, appName, place } = found;
    const isNew = pod.deletingUntil === undefined;
    const until = Math.min(pod.deletingUntil ?? Infinity, Date.now() + graceSeconds * SECOND);
    this.#change(pod.uid, { deletingUntil: until });
    if (isNew && isReplacedAtOnce(app)) this.#replace(appName);
    if (graceSeconds === 0) this.#vanish(pod.uid);
    else if (place !== 'here' || this.#world.node.isAlive) this.#stopBy(found, until);
  }

  #stopBy({ pod, app }: ModelPod, until: number): void {
    if (app.stopSeconds === undefined) return;
    clearTimeout(this.#stops.get(pod.uid));
    const milliseconds = Math.min(app.stopSeconds * SECOND, until - Date.now());
    this.#stops.set(
      pod.uid,
      setTimeout(() => {
        this.#stopped(pod.uid, app);
      }, milliseconds),
    );
  }

  #stopped(uid: string, { finalizerSeconds }: App): void {
    if (finalizerSeconds === undefined) {
      this.#vanish(uid);
      return;
    }
    this.#change(uid, { containersTerminated: true, containersLeft: [], ready: false, finalizers: ['shop/finalizer'] });
    setTimeout(() => {
      this.#vanish(uid);
    }, finalizerSeconds * SECOND);
  }

  #vanish(uid: string): void {
    const found = this.#pods.get(uid);
    if (found === undefined) return;
    clearTimeout(this.#stops.get(uid));
    this.#pods.delete(uid);
    if (found.isFirst) this.gone.add(found.pod.name);
    const wasDeleted = found.pod.deletingUntil !== undefined;
    const { app } = found;
    if (app.kind === 'StatefulSet' || (!wasDeleted && isReplacedAtOnce(app))) this.#replace(found.appName);
    this.#world.volumes.podHasGone(found);
    this.#changed();
  }

  #replace(appName: string): void {
    const comesBack = this.apps.get(appName)?.comesBack === true && this.#world.node.isOurs;
    this.#create(appName, { place: comesBack ? 'here' : 'elsewhere', starts: true, first: false });
  }

  #create(appName: string, { place, starts, first }: { place: Place; starts: boolean; first: boolean }): void {
    const app = this.#app(appName);
    this.#born += 1;
    const name = `${appName}-${this.#born}`;
    const owned = aPod({
      name,
      owner: ownerOf(appName, app),
      createdAt: Math.floor(Date.now() / SECOND) * SECOND - (first ? 3_600 * SECOND : 0),
      ready: !starts,
      labels: { app: appName, ...labelsOf(app, { name, number: this.#born, place }) },
      annotations: app.isProtected ? { 'ebb/evict': 'never' } : {},
      graceSeconds: app.graceSeconds,
      containersLeft: ['main running'],
      priority: app.isCritical ? 2_000_000_000 : 0,
      claims: app.detachSeconds === undefined ? [] : [name],
    });
    const pod = app.kind === 'bare' && app.claims === undefined ? withoutOwner(owned) : owned;
    const appIndex = [...this.apps.keys()].indexOf(appName);
    this.#pods.set(pod.uid, { pod, app, appName, appIndex, place, isFirst: first });
    if (starts && app.startSeconds !== undefined) {
      setTimeout(() => {
        this.#starts(pod.uid);
      }, app.startSeconds * SECOND);
    }
    this.#changed();
  }

  #starts(uid: string): void {
    const found = this.#pods.get(uid);
    if (found === undefined || found.pod.containersTerminated) return;
    if (found.place !== 'here' || this.#world.node.isAlive) this.#change(uid, { ready: true });
  }

  #change(uid: string, change: Partial<Pod>): void {
    const found = this.#pods.get(uid);
    if (found === undefined) return;
    found.pod = { ...found.pod, ...change };
    this.#changed();
  }

  #changed(): void {
    this.#budgets.podsChanged();
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #of(appName: string): ModelPod[] {
    return [...this.#pods.values()].filter((pod) => pod.appName === appName);
  }

  #app(name: string): App {
    const app = this.apps.get(name);
    if (app === undefined) throw new Error(`the scenario has no ${name}`);
    return app;
  }
}

export function isHealthy(pod: Pod): boolean {
  return pod.ready && pod.deletingUntil === undefined;
}
