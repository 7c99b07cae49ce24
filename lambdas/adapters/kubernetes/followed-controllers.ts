/**
 * Controllers whose pods are paced, with all their pods in the cluster. A controller that can be read takes a read and
 * a watch of its own; all others of a namespace share one watch of its pods.
 */
import type { Controller, KnownController } from '../../core/kubernetes/controller.ts';
import type { Workload } from '../../core/drain/implied-budget.ts';
import { ownerKey, type Owner, type Pod } from '../../core/kubernetes/pod.ts';
import { countSiblings, isPodOf, type NamespacePod } from '../../core/kubernetes/siblings.ts';
import type { WatchListener } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { readController } from './controllers.ts';
import { labelSelector } from './api/selector.ts';
import { watchSiblings, type SiblingSource } from './siblings.ts';
import type { WatchedCollection } from './api/watch.ts';

type Pods = WatchedCollection<NamespacePod>;

export class FollowedControllers {
  readonly #connection: KubernetesConnection;
  readonly #listener: WatchListener;
  readonly #followed = new Map<string, Followed>();
  /** Watches of whole namespaces. */
  readonly #namespaces = new Map<string, Promise<Pods>>();
  readonly #watched = new Set<Pods>();
  #closed = false;

  constructor(connection: KubernetesConnection, listener: WatchListener) {
    this.#connection = connection;
    this.#listener = listener;
  }

  /** Returns the workloads whose pods are all known, by the keys of their owners. */
  workloads(): ReadonlyMap<string, Workload> {
    const byOwner = new Map<Pods, Map<string | undefined, NamespacePod[]>>();
    for (const pods of this.#watched)
      byOwner.set(
        pods,
        Map.groupBy(pods.items.values(), ({ ownerUid }) => ownerUid),
      );
    const counted = [...this.#followed].flatMap(([key, followed]): [string, Workload][] => {
      const workload = followed.count((pods, uid) => byOwner.get(pods)?.get(uid) ?? []);
      return workload === undefined ? [] : [[key, workload]];
    });
    return new Map(counted);
  }

  follow({ uid, owner }: Pod): void {
    if (owner === undefined) return;
    const key = ownerKey(owner);
    if (this.#followed.has(key)) return;
    const followed = new Followed(uid);
    this.#followed.set(key, followed);
    this.#open(followed, owner).catch((error: unknown) => {
      if (!this.#closed) this.#listener.failed(error as Error);
    });
  }

  close(): void {
    this.#closed = true;
    for (const pods of this.#watched) pods.close();
  }

  async #open(followed: Followed, owner: Owner): Promise<void> {
    const controller = await readController(this.#connection, owner);
    if (this.#closed) return;
    followed.controller = controller;
    if (followed.isAlone) this.#listener.changed();
    else followed.pods = await this.#podsOf(controller);
  }

  #podsOf(controller: Controller): Promise<Pods> {
    const { namespace } = controller.owner;
    const selector = 'unknown' in controller ? undefined : labelSelector(controller.selector);
    if (!('unknown' in controller) && selector !== undefined) {
      return this.#watch({ namespace, labelSelector: selector, isWhole: (pods) => hasAll(controller, pods) });
    }
    const known = this.#namespaces.get(namespace) ?? this.#watch({ namespace });
    this.#namespaces.set(namespace, known);
    return known;
  }

  async #watch(source: SiblingSource): Promise<Pods> {
    const pods = await watchSiblings(this.#connection, source, this.#listener);
    this.#watched.add(pods);
    if (this.#closed) pods.close();
    return pods;
  }
}

class Followed {
  controller?: Controller;
  pods?: Pods;
  /** Uid of the pod that it is followed for. */
  readonly #first: string;
  /** The most pods of an unknown controller that were seen Ready at once. */
  #mostSeen = 0;

  constructor(first: string) {
    this.#first = first;
  }

  /** Whether it has a single replica: that goes at once, and its siblings need no watching. */
  get isAlone(): boolean {
    return this.controller !== undefined && !('unknown' in this.controller) && this.controller.replicas === 1;
  }

  /** Undefined until all of its pods are known. */
  count(podsOf: (pods: Pods, owner: string) => readonly NamespacePod[]): Workload | undefined {
    const { controller, pods } = this;
    if (controller === undefined) return undefined;
    const { owner } = controller;
    if (this.isAlone) return { owner, replicas: 1, readyPods: new Set([this.#first]), unreadyPods: [] };
    if (pods?.isComplete !== true) return undefined;
    const workload = countSiblings(controller, podsOf(pods, owner.uid), this.#mostSeen);
    this.#mostSeen = Math.max(this.#mostSeen, workload.readyPods.size);
    return workload;
  }
}

function hasAll(controller: KnownController, pods: ReadonlyMap<string, NamespacePod>): boolean {
  if (pods.size < controller.replicas) return false;
  return [...pods.values()].filter((pod) => isPodOf(controller, pod)).length >= controller.replicas;
}
