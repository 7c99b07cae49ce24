/**
 * Waits, for one pass, until a node's volumes are detached (contract 8.1). An instance that goes with a volume attached
 * leaves the pod that needs it waiting elsewhere for minutes. Volumes of spared pods stay with the node.
 */
import type { AttachedVolume } from '../../core/kubernetes/attached-volume.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import { Signal } from '../run/signal.ts';

export interface DetachResult {
  readonly state: 'detached' | 'waiting';
  /** Volumes that are still attached. */
  readonly volumes: readonly AttachedVolume[];
}

/** How often the node's own report is read once no attachment is left: it is not watched. */
const REREAD_MS = 5_000;

/**
 * @param spared names of volumes that are not waited for
 * @param watchUntil end of the pass, epoch milliseconds
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
      const left = watchUntil - Date.now();
      const isClear = watch.attached().every((volume) => spared.includes(volume));
      const confirmed = isClear || left <= 0 ? await watch.confirm() : undefined;
      const volumes = confirmed?.filter(({ name }) => !spared.includes(name));
      if (volumes?.length === 0) return { state: 'detached', volumes };
      if (volumes !== undefined && left <= 0) return { state: 'waiting', volumes };
      await signal.wait(isClear ? Math.min(left, REREAD_MS) : left);
    }
  } finally {
    watch.close();
  }
}
