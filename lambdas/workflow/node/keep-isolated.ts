/**
 * Keeps a node isolated for as long as it is retired (contract 3.4): a person may uncordon it, a controller may take
 * the taint off, and a kubelet that registers its node anew brings none of our marks.
 */
import { isAskedFor } from '../../core/node/drain-taints.ts';
import { ownershipOf, isolation, missingMarks } from '../../core/node/isolation.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import { nodeReisolated, type Subject } from '../../core/events/retirement-events.ts';
import type { Stage } from '../run/stage.ts';
import { patchNode } from './patch-node.ts';
import type { Retiree } from '../retirement/retiree.ts';

export interface Isolation {
  readonly node: string;
  /** When the node was isolated first, and by when it must be drained, epoch milliseconds. */
  readonly isolatedAt: number;
  readonly deadline: number;
  /** Whether the node is left over from before its machine was renamed: then it need not ask for its drain itself. */
  readonly isLeftOver: boolean;
  /** The deadline is one of which AWS has warned at short notice (contract 5.3). */
  readonly early?: true;
}

/**
 * Puts back what the node lacks of its isolation. Leaves a node alone that another retirement owns, that no longer asks
 * for its drain, or whose name another machine has by now.
 *
 * @param found the node as it was read a moment ago
 * @returns whether anything was missing
 * @throws ClusterAway, ClusterRefused
 */
export async function keepIsolated(
  { node, isolatedAt, deadline, isLeftOver, early }: Isolation,
  found: Node,
  { subject, retiree }: { subject: Subject; retiree: Retiree },
): Promise<boolean> {
  const { notice, cluster, course, ports } = retiree;
  const { execution, group } = course.subject;
  let missing: readonly string[] = [];
  const patched = await patchNode(
    node,
    await ports.clusters.open(cluster),
    (read) => {
      const { execution: by = execution } = ownershipOf(read) ?? {};
      const isAsked = isLeftOver || isAskedFor(read, notice);
      const isOurs = isInstance(read, notice.instance) && by === execution && isAsked;
      missing = isOurs ? missingMarks(read, execution, cluster.taint) : [];
      const takeover = { execution, kind: notice.kind, group, now: isolatedAt, deadline, ...(early && { early }) };
      return Promise.resolve(missing.length === 0 ? 'unchanged' : isolation(read, takeover, cluster.taint));
    },
    found,
  );
  if (patched === 'gone' || !patched.changed) return false;
  ports.journal.report(nodeReisolated({ ...subject, node }, { missing }));
  return true;
}

/** Result of a stage, or `wasLost`: it must be done anew, because pods may have come while a node was not isolated. */
export type Kept<Value> = { readonly value: Value } | { readonly wasLost: true };

/** Wraps a stage: before each pass it isolates again the nodes that lost their isolation, and ends if there was one. */
export function keepingIsolated<Value, Memory>(
  stage: Stage<Value, Memory>,
  isolations: readonly Isolation[],
  retiree: Retiree,
): Stage<Kept<Value>, Memory> {
  return {
    ...stage,
    async pass(memory, context) {
      const { subject } = context;
      const looks = await Promise.all(isolations.map((each) => wasLost(each, { subject, retiree })));
      if (looks.includes(true)) return { state: 'done', value: { wasLost: true } };
      const pass = await stage.pass(memory, context);
      return pass.state === 'done' ? { state: 'done', value: { value: pass.value } } : pass;
    },
  };
}

async function wasLost(isolation: Isolation, about: { subject: Subject; retiree: Retiree }): Promise<boolean> {
  const { cluster, ports } = about.retiree;
  const found = await (await ports.clusters.open(cluster)).readNode(isolation.node);
  return found !== undefined && (await keepIsolated(isolation, found, about));
}
