/** The retirements that a node's own one meets in its cluster: whoever has taken the node, and whoever wants a slot too. */
import { isAskedFor } from '../../core/node/drain-taints.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { ownershipOf } from '../../core/node/isolation.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { neighboursIn } from '../../core/notice/retirement-terms.ts';
import type { RetiringNode } from '../../core/retirement/slot.ts';
import type { Retiree } from './retiree.ts';

/** Why a retirement is not to go on. `by`: another one is in charge; `unasked`: the taint that asked for it was taken away. */
export interface Cancellation {
  readonly by?: string;
  readonly unasked?: true;
}

/** @param found all nodes that retire @returns undefined when the retirement of the node is to go on */
export function cancellationOf(
  { notice, course }: Pick<Retiree, 'notice' | 'course'>,
  found: readonly Node[],
  node: string,
): Cancellation | undefined {
  const own = found.find(({ name }) => name === node);
  if (own === undefined) return undefined;
  const { execution: by } = ownershipOf(own) ?? course.subject;
  if (by !== course.subject.execution) return { by };
  return isAskedFor(own, notice) ? undefined : { unasked: true };
}

/**
 * The nodes that retire, as they count for slots: a machine once, however many nodes it has, and none whose deadline has
 * passed.
 *
 * @param node the retirement's own, whose marks it knows better than the node
 */
export function slotContenders(
  { notice, course }: Pick<Retiree, 'notice' | 'course'>,
  found: readonly Node[],
  { node, isolatedAt }: { node: string; isolatedAt: number },
): RetiringNode[] {
  const now = Date.now();
  const own = found.find(({ name }) => name === node);
  const since = (own && credibleOwnership(own, now)?.since) ?? new Date(isolatedAt).toISOString();
  const counted = new Set([course.subject.execution]);
  const waitsForIt = laterInBatch(notice);
  const others = found.flatMap((other): RetiringNode[] => {
    const ownership = credibleOwnership(other, now);
    if (other.name === node || ownership === undefined || counted.has(ownership.execution)) return [];
    if (waitsForIt.includes(instanceOf(other) ?? '')) return [];
    counted.add(ownership.execution);
    return Date.parse(ownership.deadline) < now ? [] : [{ name: other.name, ownership }];
  });
  return [{ name: node, ownership: { since, kind: notice.kind } }, ...others];
}

/** Instances of its batch that wait for it: if it waited for them too, none would ever drain. */
function laterInBatch(notice: Notice): readonly string[] {
  const batch = notice.kind === 'request' ? notice.terms.batch : undefined;
  return batch === undefined ? [] : neighboursIn(batch, notice.instance).after;
}
