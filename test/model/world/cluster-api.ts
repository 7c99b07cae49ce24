/** The cluster as one retirement reaches it: requests take their time, and fail as the scenario says. */
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { Cluster, WatchListener } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { aNode, HOUR, NOON, SECOND } from '../../given.ts';
import { denialOf } from './denials.ts';
import { WatchedDrain } from './drain-watch.ts';
import { momentOf } from '../run/scenario.ts';
import { volumeOf } from './volumes.ts';
import type { World } from './world.ts';

/** How long a slow API server takes for an answer. */
const SLOW_MS = 20 * SECOND;

/** Nodes of the cluster besides this one; all are Ready. */
const OTHER_NODES = 9;

export class ClusterApi implements Cluster {
  readonly #world: World;
  readonly #execution: string;
  /** The latest. */
  #watched: WatchedDrain | undefined;

  constructor(world: World, execution: string) {
    this.#world = world;
    this.#execution = execution;
  }

  findNodes(instance: string): Promise<readonly Node[]> {
    return this.request(() => {
      const { object } = this.#world.node;
      return object?.providerId?.endsWith(`/${instance}`) === true ? [object] : [];
    });
  }

  readNode(): Promise<Node | undefined> {
    return this.request(() => this.#world.node.object);
  }

  retiringNodes(): Promise<readonly Node[]> {
    return this.request(() => {
      const { object } = this.#world.node;
      const own = object !== undefined && 'ebb/retiring' in object.labels ? [object] : [];
      return [...own, ...this.#heldUpBy()];
    });
  }

  withdrawingNodes(): Promise<readonly Node[]> {
    return this.request(() => {
      const { object } = this.#world.node;
      return object !== undefined && 'ebb/withdraw' in object.labels ? [object] : [];
    });
  }

  countNodes(): Promise<number> {
    return this.request(() => OTHER_NODES + 1);
  }

  otherNodes() {
    return this.request(() => ({ nodes: OTHER_NODES, ready: OTHER_NODES }));
  }

  patchNode(...[, patch]: Parameters<Cluster['patchNode']>): ReturnType<Cluster['patchNode']> {
    return this.request(() => {
      const { node, witness } = this.#world;
      const before = node.object;
      const answer = node.patch(patch);
      if (answer === 'patched') witness.patched(this.#execution, before);
      return answer;
    });
  }

  watchDrain(_node: string, listener: WatchListener) {
    return this.request(() => {
      this.#watched = new WatchedDrain(this.#world, this, listener);
      return this.#watched;
    });
  }

  evict(pod: Pod, graceSeconds?: number): Promise<EvictionAnswer> {
    const { faults, witness, workloads } = this.#world;
    witness.asked(pod, this.#watched?.state());
    return this.#asked(() => {
      if (faults.holds('webhook denies')) return { kind: 'denied-by-webhook', message: 'webhook: no' };
      if (this.#world.forbidsEvictions) return denialOf('authorizer', pod.name);
      const denied = faults.denies(this.#appOf(pod), false);
      if (denied !== undefined) return denialOf(denied, pod.name);
      witness.evicting(this.#execution, pod);
      const answer = workloads.evict(pod.uid, graceSeconds);
      witness.answered(answer, pod);
      return answer;
    });
  }

  remove(pod: Pod, graceSeconds: number): Promise<EvictionAnswer> {
    const { faults, witness, workloads } = this.#world;
    return this.#asked(() => {
      witness.removing(this.#execution, pod, graceSeconds);
      const denied = faults.denies(this.#appOf(pod), true);
      return denied === undefined ? workloads.remove(pod.uid, graceSeconds) : denialOf(denied, pod.name);
    });
  }

  isStaying({ uid }: Pod): Promise<boolean> {
    return this.request(() => {
      const found = this.#world.workloads.find(uid);
      return found !== undefined && found.pod.deletingUntil === undefined;
    });
  }

  unreadyPods(...[, { matchLabels }]: Parameters<Cluster['unreadyPods']>): ReturnType<Cluster['unreadyPods']> {
    return this.request(() => this.#world.workloads.unready(matchLabels?.app ?? ''));
  }

  /** Nothing balances load to the model's pods. */
  deleteNode(): Promise<void> {
    return Promise.reject(new Error('no retirement of this model is asked for, so none sees to the end of a node'));
  }

  addressesOn(): Promise<readonly string[]> {
    return this.request(() => []);
  }

  watchVolumes(_node: string, listener: WatchListener) {
    return this.request(() => this.#world.volumes.watch(listener));
  }

  volumesOf({ claims }: Pod): Promise<readonly string[]> {
    return this.request(() => claims.map(volumeOf));
  }

  /** @throws ClusterAway, ClusterRefused */
  async request<Outcome>(effect: () => Outcome | Promise<Outcome>): Promise<Outcome> {
    const { faults, scenario } = this.#world;
    const latency = scenario.latencyMs + (faults.holds('cluster slow') ? SLOW_MS : 0);
    if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
    const trouble = this.trouble();
    if (trouble !== undefined) throw trouble;
    return await effect();
  }

  /** What keeps everybody from the cluster now. */
  trouble(): Error | undefined {
    if (this.#world.refuses) return new ClusterRefused('the cluster takes our token no more');
    return this.#world.faults.holds('cluster away') ? new ClusterAway('the cluster cannot be reached') : undefined;
  }

  /** Evictions and deletions fail in ways of their own too. */
  #asked(effect: () => EvictionAnswer | Promise<EvictionAnswer>): Promise<EvictionAnswer> {
    return this.request(async () => {
      if (this.#world.faults.next('throttled') !== false) return { kind: 'throttled' };
      const lost = this.#world.faults.next('unknown');
      if (lost === false) return effect();
      if (lost === 'done') await effect();
      return { kind: 'unknown', message: 'the connection was reset' };
    });
  }

  #appOf({ uid }: Pod): number {
    return this.#world.workloads.find(uid)?.appIndex ?? -1;
  }

  #heldUpBy(): Node[] {
    const { scenario } = this.#world;
    const { heldUpUntil = 0 } = scenario.node;
    if (Date.now() >= momentOf(scenario, heldUpUntil)) return [];
    const since = new Date(NOON - HOUR).toISOString();
    const ownership = {
      execution: 'another',
      kind: 'asg-terminate',
      since,
      deadline: since,
      cordonedByUs: true,
      labelledByUs: true,
    };
    const annotations = { 'ebb/retirement': JSON.stringify(ownership) };
    return [aNode({ name: 'another-node', providerId: 'aws:///x/i-1', labels: { 'ebb/retiring': 'x' }, annotations })];
  }
}
