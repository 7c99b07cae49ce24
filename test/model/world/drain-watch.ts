/** A watch of what a drain decides by: it shows what was so a while ago, and ends when the cluster goes away. */
import type { Controller } from '../../../lambdas/core/kubernetes/controller.ts';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import type { DrainState } from '../../../lambdas/core/drain/pacing.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { countSiblings, type NamespacePod } from '../../../lambdas/core/kubernetes/siblings.ts';
import type { DrainWatch, WatchListener } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { ClusterApi } from './cluster-api.ts';
import { readController } from './owners.ts';
import type { View } from './workloads.ts';
import type { World } from './world.ts';

/** A controller whose pods are paced. */
interface Followed {
  readonly controller: Controller;
  /** How many of its pods were ever seen Ready at once. */
  mostSeen: number;
}

export class WatchedDrain implements DrainWatch {
  readonly #world: World;
  readonly #api: ClusterApi;
  readonly #listener: WatchListener;
  /** By the key of the owner; undefined while it is read. */
  readonly #followed = new Map<string, Followed | undefined>();
  readonly #stop: () => void;
  #seen: View;
  /** As of what is seen; absent when it must be counted anew. */
  #workloads: ReadonlyMap<string, Workload> | undefined;
  /** Numbers what is on its way, so that nothing older than a list is shown after it. */
  #sent = 0;
  #shown = 0;
  #isSending = false;
  #closed = false;

  constructor(world: World, api: ClusterApi, listener: WatchListener) {
    this.#world = world;
    this.#api = api;
    this.#listener = listener;
    this.#seen = world.workloads.view();
    this.#stop = world.workloads.onChange(() => {
      this.#send();
    });
  }

  state(): DrainState {
    const { pods, budgets } = this.#seen;
    this.#workloads ??= this.#countWorkloads();
    return { pods, budgets, workloads: this.#workloads };
  }

  /** The pods of the whole namespace, as they are seen. */
  get namespace(): readonly NamespacePod[] {
    return this.#seen.namespace;
  }

  follow({ owner }: Pod): void {
    if (owner === undefined || this.#followed.has(ownerKey(owner))) return;
    this.#followed.set(ownerKey(owner), undefined);
    const read = this.#api.request(() => {
      const controller = readController(owner, this.#world.workloads.apps);
      this.#followed.set(ownerKey(owner), { controller, mostSeen: 0 });
      // What is read anew is never older than what is watched.
      this.#show(this.#world.workloads.view(), this.#sent);
    });
    read.catch((error: unknown) => {
      if (!this.#closed) this.#listener.failed(error as Error);
    });
  }

  confirm(): Promise<void> {
    return this.#api.request(() => {
      this.#show(this.#world.workloads.view(), this.#sent);
    });
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #countWorkloads(): ReadonlyMap<string, Workload> {
    const counted = new Map<string, Workload>();
    for (const [key, followed] of this.#followed) {
      if (followed === undefined) continue;
      const workload = countSiblings(followed.controller, this.#seen.namespace, followed.mostSeen);
      followed.mostSeen = Math.max(followed.mostSeen, workload.readyPods.size);
      counted.set(key, workload);
    }
    return counted;
  }

  /** Changes of one moment are sent together. */
  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#sent += 1;
      const number = this.#sent;
      const view = this.#world.workloads.view();
      const arrives = (): void => {
        if (number > this.#shown) this.#show(view, number);
      };
      const { lagMs } = this.#world.scenario;
      if (lagMs === 0) arrives();
      else setTimeout(arrives, lagMs);
    });
  }

  #show(view: View, number: number): void {
    if (this.#closed) return;
    const trouble = this.#api.trouble();
    if (trouble !== undefined) {
      this.#listener.failed(trouble);
      return;
    }
    this.#shown = number;
    this.#seen = view;
    this.#workloads = undefined;
    this.#listener.changed();
  }
}
