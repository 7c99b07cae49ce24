/** Volumes that are attached to the node: each goes a while after the pod that mounts it. */
import type { VolumeWatch, WatchListener } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { SECOND } from '../../given.ts';
import type { ModelPod } from './workloads.ts';
import type { World } from './world.ts';

export class Volumes {
  readonly #attached = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor({ workloads }: Pick<World, 'workloads'>) {
    for (const { pod } of workloads.on('here')) for (const claim of pod.claims) this.#attached.add(volumeOf(claim));
  }

  podHasGone({ pod, app }: ModelPod): void {
    setTimeout(
      () => {
        for (const claim of pod.claims) this.#attached.delete(volumeOf(claim));
        for (const listener of this.#listeners) listener();
      },
      (app.detachSeconds ?? 0) * SECOND,
    );
  }

  watch(listener: WatchListener): VolumeWatch {
    const changed = (): void => {
      listener.changed();
    };
    this.#listeners.add(changed);
    return {
      attached: () => [...this.#attached],
      confirm: () => Promise.resolve([...this.#attached].map((name) => ({ name, inUse: false }))),
      close: () => {
        this.#listeners.delete(changed);
      },
    };
  }
}

/** The volume behind a claim. */
export function volumeOf(claim: string): string {
  return `volume of ${claim}`;
}
