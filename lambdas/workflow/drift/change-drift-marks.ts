/** Writes on nodes that they have drifted or may go, or takes that off again (contract 9.2). */
import pMap from 'p-map';
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { DomainEvent } from '../../core/events/domain-event.ts';
import type { NodeChange, Step } from '../../core/drift/changes.ts';
import { lettingGo, marking, takingBack, unmarking } from '../../core/drift/mark.ts';
import { nodeCurrent, nodeDrifted, nodeDue, nodeUnenrolled } from '../../core/events/fleet-events.ts';
import type { NodePatch } from '../../core/node/marks.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import type { Attempts } from '../run/attempts.ts';
import { patchNode } from '../node/patch-node.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import type { Journal } from '../ports/journal.ts';

/** How many nodes are written at once. */
const AT_ONCE = 10;

export interface MarksChanged {
  marked: number;
  unmarked: number;
  due: number;
}

/**
 * Changes the marks of each node. A failure at one node is recorded and stops no other.
 *
 * @throws ClusterAway, ClusterRefused, at once
 */
export async function changeDriftMarks(
  changes: readonly NodeChange[],
  cluster: ClusterSettings,
  attempts: Attempts,
  { api, journal }: { readonly api: Cluster; readonly journal: Journal },
): Promise<MarksChanged> {
  const changed: MarksChanged = { marked: 0, unmarked: 0, due: 0 };
  const change = async (each: NodeChange): Promise<void> => {
    for (const step of each.steps) {
      const outcome = await take(step, each, cluster, api);
      if (outcome === 'gone') return;
      if (outcome === 'unchanged') continue;
      count(step, changed);
      const event = eventOf(step, each, cluster.name);
      if (event !== undefined) journal.report(event);
    }
  };
  await pMap(changes, (each) => attemptOne(() => change(each), attempts), { concurrency: AT_ONCE });
  return changed;
}

/** Records a failure of one node, and passes on that the cluster is away: each other node would wait for it anew. */
async function attemptOne(work: () => Promise<void>, attempts: Attempts): Promise<void> {
  let away: ClusterError | undefined;
  await attempts.attempt(async () => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      away = error;
    }
  });
  if (away !== undefined) throw away;
}

/** Takes one step, unless the node's name stands for another instance by now (faults 72). */
async function take(
  step: Step,
  { node: name, instance, reasons }: NodeChange,
  { drift }: ClusterSettings,
  api: Cluster,
): Promise<'changed' | 'unchanged' | 'gone'> {
  const patchOf = (node: Node): NodePatch | 'unchanged' => {
    switch (step) {
      case 'mark':
      case 'mark anew':
        return marking(node, reasons, drift);
      case 'let go':
        return lettingGo(node, drift);
      case 'take back':
        return takingBack(node, drift);
      case 'unmark':
        return unmarking(node, drift);
    }
  };
  const outcome = await patchNode(name, api, (read) =>
    Promise.resolve(isInstance(read, instance) ? patchOf(read) : 'gone'),
  );
  if (outcome === 'gone') return 'gone';
  return outcome.changed ? 'changed' : 'unchanged';
}

function count(step: Step, changed: MarksChanged): void {
  if (step === 'let go') changed.due += 1;
  else if (step === 'unmark' || step === 'take back') changed.unmarked += 1;
  else changed.marked += 1;
}

function eventOf(step: Step, { node, instance, group, reasons }: NodeChange, cluster: string): DomainEvent | undefined {
  if (group === undefined) return nodeUnenrolled({ cluster, instance, node });
  const about = { cluster, group, instance, node };
  const kinds = reasons.map(({ kind }) => kind);
  switch (step) {
    case 'mark':
      return nodeDrifted({ ...about, reasons: kinds, explanation: reasons.map(({ text }) => text).join('; ') });
    case 'mark anew':
    case 'take back':
      return undefined;
    case 'let go':
      return nodeDue({ ...about, reasons: kinds });
    case 'unmark':
      return nodeCurrent(about);
  }
}
