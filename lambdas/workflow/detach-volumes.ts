/**
 * One pass of waiting for a node's volumes (contract 8.1): an instance that goes with a volume attached leaves the pod
 * that needs it waiting for minutes elsewhere. Volumes of pods that are spared stay with the node.
 */
import type { Cluster } from './ports.ts';
import { Signal } from './signal.ts';

export interface DetachResult {
  readonly state: 'detached' | 'waiting';
  /** Names of persistent volumes that are still attached. */
  readonly volumes: readonly string[];
}

/**
 * @param spared names of volumes that are not waited for
 * @param watchUntil epoch milliseconds
 * @throws ClusterAway, ClusterRefused
 */
export async function detachPass(
  { node, spared, watchUntil }: { node: string; spared: readonly string[]; watchUntil: number },
  cluster: Cluster,
): Promise<DetachResult> {
  const signal = new Signal();
  const watch = await cluster.watchVolumes(node, {
    changed: () => {
      signal.raise();
    },
    failed: (error) => {
      signal.fail(error);
    },
  });
  try {
    for (;;) {
      const volumes = watch.attached().filter((volume) => !spared.includes(volume));
      if (volumes.length === 0) return { state: 'detached', volumes };
      const left = watchUntil - Date.now();
      if (left <= 0) return { state: 'waiting', volumes };
      await signal.wait(left);
    }
  } finally {
    watch.close();
  }
}
