/** One cluster of the storm, in memory: its nodes, their pods, and an API that answers after a while. */
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { instanceOf } from '../../../lambdas/core/kubernetes/node.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { NodePatch } from '../../../lambdas/core/node/marks.ts';
import type { Cluster, FleetView, WatchListener } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { aNode, aPod } from '../../given.ts';
import { passing } from './rates.ts';

/** How long the API server takes for an answer, milliseconds. */
const LATENCY_MS = 15;

/** How long a pod takes to end, milliseconds. */
const ENDING_MS = 2_000;

/** Nodes of a page, as the fleet's view asks for them. */
const PAGE = 100;

export class StormCluster implements Cluster, FleetView {
  readonly #nodes = new Map<string, Node>();
  readonly #byInstance = new Map<string, string>();
  readonly #pods = new Map<string, Map<string, Pod>>();
  readonly #listeners = new Map<string, Set<WatchListener>>();
  readonly #onIsolated: (instance: string) => void;
  /** How often each pod was evicted or deleted, by uid. */
  readonly asked = new Map<string, number>();
  requests = 0;
  /** Nodes that drained at a time, at most. */
  mostDraining = 0;
  readonly #draining = new Set<string>();

  constructor(onIsolated: (instance: string) => void) {
    this.#onIsolated = onIsolated;
  }

  add(instance: string, pods: number): void {
    const name = `ip-${instance.slice(2)}.ec2.internal`;
    this.#nodes.set(name, aNode({ name, uid: name, providerId: `aws:///eu-central-1a/${instance}` }));
    this.#byInstance.set(instance, name);
    const on = Array.from({ length: pods }, (_, index): Pod => {
      const pod = `web-${index}`;
      return aPod({ name: pod, uid: `${instance} ${pod}`, graceSeconds: 30 });
    });
    this.#pods.set(name, new Map(on.map((pod) => [pod.uid, pod])));
  }

  /** Its machine has gone, and its node with it. */
  leave(instance: string): void {
    this.#nodes.delete(this.#byInstance.get(instance) ?? '');
  }

  get podsLeft(): (instance: string) => number {
    return (instance) => this.#pods.get(this.#byInstance.get(instance) ?? '')?.size ?? 0;
  }

  findNodes(instance: string): Promise<readonly Node[]> {
    const name = this.#byInstance.get(instance) ?? '';
    return this.#answer(() => [this.#nodes.get(name)].flatMap((node) => node ?? []));
  }

  async *allNodes(): AsyncIterable<readonly Node[]> {
    const nodes = [...this.#nodes.values()];
    for (let from = 0; from === 0 || from < nodes.length; from += PAGE) {
      yield await this.#answer(() => nodes.slice(from, from + PAGE));
    }
  }

  countPods(node: string): Promise<number> {
    return this.#answer(() => this.#pods.get(node)?.size ?? 0);
  }

  podsOn(node: string): Promise<readonly Pod[]> {
    return this.#answer(() => [...(this.#pods.get(node)?.values() ?? [])]);
  }

  replicasOf() {
    return this.#answer(() => undefined);
  }

  controlPlaneVersion() {
    return this.#answer(() => undefined);
  }

  readNode(name: string): Promise<Node | undefined> {
    return this.#answer(() => this.#nodes.get(name));
  }

  retiringNodes(): Promise<readonly Node[]> {
    return this.#answer(() => [...this.#nodes.values()].filter(({ labels }) => 'ebb/retiring' in labels));
  }

  withdrawingNodes(): Promise<readonly Node[]> {
    return this.#answer(() => []);
  }

  countNodes(): Promise<number> {
    return this.#answer(() => this.#nodes.size);
  }

  otherNodes() {
    return this.#answer(() => ({ nodes: this.#nodes.size - 1, ready: this.#nodes.size - 1 }));
  }

  patchNode(name: string, patch: NodePatch): Promise<'patched' | 'conflict' | 'gone'> {
    return this.#answer(() => {
      const node = this.#nodes.get(name);
      if (node === undefined) return 'gone';
      if (node.resourceVersion !== patch.metadata.resourceVersion) return 'conflict';
      const { labels, annotations } = patch.metadata;
      const { taints, unschedulable } = patch.spec;
      const after: Node = {
        ...node,
        resourceVersion: String(Number(node.resourceVersion) + 1),
        labels: merged(node.labels, labels),
        annotations: merged(node.annotations, annotations),
        taints,
        unschedulable: unschedulable === undefined ? node.unschedulable : unschedulable === true,
      };
      this.#nodes.set(name, after);
      if (!node.unschedulable && after.unschedulable) this.#onIsolated(instanceOf(node) ?? '');
      return 'patched';
    });
  }

  deleteNode(): Promise<void> {
    return Promise.reject(new Error('no retirement of a storm deletes nodes'));
  }

  watchDrain(node: string, listener: WatchListener) {
    const listeners = this.#listeners.get(node) ?? new Set();
    this.#listeners.set(node, listeners.add(listener));
    return this.#answer(() => ({
      state: () => ({ pods: [...(this.#pods.get(node)?.values() ?? [])], budgets: [], workloads: new Map() }),
      follow: () => undefined,
      confirm: () => passing(LATENCY_MS),
      close: () => {
        listeners.delete(listener);
      },
    }));
  }

  evict(pod: Pod): Promise<EvictionAnswer> {
    return this.#end(pod);
  }

  remove(pod: Pod): Promise<EvictionAnswer> {
    return this.#end(pod);
  }

  isStaying({ uid }: Pod): Promise<boolean> {
    return this.#answer(() => [...this.#pods.values()].some((on) => on.get(uid)?.deletingUntil === undefined));
  }

  unreadyPods() {
    return this.#answer(() => []);
  }

  addressesOn() {
    return this.#answer(() => []);
  }

  watchVolumes() {
    return this.#answer(() => ({ attached: () => [], confirm: () => Promise.resolve([]), close: () => undefined }));
  }

  volumesOf() {
    return this.#answer(() => []);
  }

  #end({ uid }: Pod): Promise<EvictionAnswer> {
    return this.#answer((): EvictionAnswer => {
      const found = [...this.#pods].find(([, on]) => on.has(uid));
      if (found === undefined) return { kind: 'gone' };
      const [node, on] = found;
      const pod = on.get(uid);
      if (pod === undefined) return { kind: 'gone' };
      this.#draining.add(node);
      this.mostDraining = Math.max(this.mostDraining, this.#draining.size);
      this.asked.set(uid, (this.asked.get(uid) ?? 0) + 1);
      on.set(uid, { ...pod, deletingUntil: Date.now() + pod.graceSeconds * 1000 });
      setTimeout(() => {
        on.delete(uid);
        if (on.size === 0) this.#draining.delete(node);
        for (const listener of this.#listeners.get(node) ?? []) listener.changed();
      }, ENDING_MS);
      return { kind: 'granted' };
    });
  }

  async #answer<Answer>(answer: () => Answer): Promise<Answer> {
    this.requests += 1;
    await passing(LATENCY_MS);
    return answer();
  }
}

function merged(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const kept = Object.entries({ ...before, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return Object.fromEntries(kept);
}
