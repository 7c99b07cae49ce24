/** A watch of what a drain decides by: it shows what was so a while ago, and ends when the cluster goes away. */
import type { DrainState } from '../../../lambdas/core/pacing.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/pod.ts';
import type { DrainWatch, WatchListener } from '../../../lambdas/workflow/ports.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { World } from './world.ts';

export class WatchedDrain implements DrainWatch {
  readonly #world: World;
  readonly #api: ClusterApi;
  readonly #listener: WatchListener;
  readonly #followed = new Set<string>();
  readonly #stop: () => void;
  #seen: DrainState;
  /** Numbers what is on its way, so that nothing older than a list is shown after it. */
  #sent = 0;
  #shown = 0;
  #isSending = false;
  #closed = false;

  constructor(world: World, api: ClusterApi, listener: WatchListener) {
    this.#world = world;
    this.#api = api;
    this.#listener = listener;
    this.#seen = world.workloads.state();
    this.#stop = world.workloads.onChange(() => {
      this.#send();
    });
  }

  state(): DrainState {
    const workloads = [...this.#seen.workloads].filter(([uid]) => this.#followed.has(uid));
    return { ...this.#seen, workloads: new Map(workloads) };
  }

  follow({ owner }: Pod): void {
    if (owner === undefined || this.#followed.has(ownerKey(owner))) return;
    const read = this.#api.request(() => {
      this.#followed.add(ownerKey(owner));
      // What is read anew is never older than what is watched.
      this.#show(this.#world.workloads.state(), this.#sent);
    });
    read.catch((error: unknown) => {
      if (!this.#closed) this.#listener.failed(error as Error);
    });
  }

  confirm(): Promise<void> {
    return this.#api.request(() => {
      this.#show(this.#world.workloads.state(), this.#sent);
    });
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** Changes of one moment are sent together. */
  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#sent += 1;
      const number = this.#sent;
      const state = this.#world.workloads.state();
      const arrives = (): void => {
        if (number > this.#shown) this.#show(state, number);
      };
      const { lagMs } = this.#world.scenario;
      if (lagMs === 0) arrives();
      else setTimeout(arrives, lagMs);
    });
  }

  #show(state: DrainState, number: number): void {
    if (this.#closed) return;
    const trouble = this.#api.trouble();
    if (trouble !== undefined) {
      this.#listener.failed(trouble);
      return;
    }
    this.#shown = number;
    this.#seen = state;
    this.#listener.changed();
  }
}
