/**
 * Watches over nodes that no kubelet stands for, such as those that a client posted: a status that nobody renews counts
 * as Ready=Unknown after the monitor's grace. Nodes whose kubelet is stopped are the world's to mark.
 */
import type { DrivenTimer } from '../../clock.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Node } from '../storage/objects.ts';
import { nodes } from '../storage/resources.ts';
import { type Change, isOf } from '../storage/store.ts';
import { markUnknown } from './node-lifecycle.ts';

export function runNodeMonitor(cluster: Cluster, isAlive: (node: string) => boolean): void {
  const due = new Map<string, DrivenTimer>();
  cluster.store.onChange((change) => {
    if (!isOf(nodes, change) || !isSignOfLife(change)) return;
    const { name } = change.object.metadata;
    due.get(name)?.cancel();
    if (change.type === 'DELETED' || isAlive(name)) return;
    const timer = cluster.after(cluster.latencies.nodeMonitorGrace, () => {
      if (!isAlive(name)) markUnknown(cluster, name);
    });
    due.set(name, timer);
  });
}

/** A status that was written, whoever wrote it. */
function isSignOfLife({ type, object, previous }: Change<Node>): boolean {
  return type !== 'MODIFIED' || JSON.stringify(object.status) !== JSON.stringify(previous?.status);
}
