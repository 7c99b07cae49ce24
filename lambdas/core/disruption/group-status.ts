/** Group status: why no node of a group may go now, for people (contract 9.4, 9.7). Pure. */
import type { PlacedNode } from './fleet.ts';
import { whyStuck, type StuckTerms } from './unavailable-nodes.ts';
import type { Allowance, Allowances } from './allowance.ts';
import type { Candidate, DisruptionQueue } from './queue.ts';

export type GroupStatus =
  /** The group or the whole cluster is left alone, whatever its budget. */
  | { readonly kind: 'stopped'; readonly group: string; readonly reason: string }
  /** `held`: until a person acts. `waiting`: other nodes go first. `nodes`: how many wait. */
  | { readonly kind: 'held' | 'waiting'; readonly group: string; readonly nodes: number; readonly reason: string };

/**
 * Returns at most one status for each group, and none for a group of which a node goes. Cool-downs, windows and freezes
 * have their own reasons and are left out.
 *
 * @param now epoch milliseconds
 */
export function groupStatuses(queue: DisruptionQueue, allowances: Allowances, now: number): readonly GroupStatus[] {
  const moving = new Set(queue.now.map(({ group }) => group));
  const waiting = queue.later.map(({ candidate }) => candidate).filter(({ group }) => !moving.has(group));
  const groups = Map.groupBy(waiting, ({ group }) => group);
  return [...groups].flatMap(([group, candidates]) => {
    const allowance = allowances.groups.get(group);
    return allowance === undefined ? [] : groupStatus({ group, candidates, now }, allowance, allowances.cluster);
  });
}

/**
 * Returns the statuses of groups whose nodes that are to go are stuck: they do not serve until a person acts.
 *
 * @param explained groups that have a status already, or of which a node goes
 */
export function stuckGroups(
  toGo: readonly PlacedNode[],
  explained: ReadonlySet<string>,
  at: StuckTerms,
): readonly GroupStatus[] {
  const unexplained = toGo.filter(({ group }) => !explained.has(group.name));
  return [...Map.groupBy(unexplained, ({ group }) => group.name)].flatMap(([group, placed]): GroupStatus[] => {
    const found = placed.flatMap((each) => {
      const how = whyStuck(each, at);
      return how === undefined ? [] : [`${each.node.name} ${how}`];
    });
    const [first] = found;
    return first === undefined ? [] : [{ kind: 'held', group, nodes: found.length, reason: first }];
  });
}

function groupStatus(
  { group, candidates, now }: { group: string; candidates: readonly Candidate[]; now: number },
  own: Allowance,
  cluster: Allowance,
): GroupStatus[] {
  const allowance = limitingAllowance(own, cluster);
  if (allowance?.why === undefined) return [];
  const { why: reason, stopped, held } = allowance;
  if (stopped) return [{ kind: 'stopped', group, reason }];
  const nodes = candidates.filter(({ coolDownUntil = 0 }) => coolDownUntil <= now).length;
  return nodes === 0 ? [] : [{ kind: held ? 'held' : 'waiting', group, nodes, reason }];
}

/** The allowance that is 0, a stopped one first; undefined when none is, or when windows and freezes explain it. */
function limitingAllowance(own: Allowance, cluster: Allowance): Allowance | undefined {
  if (own.closed) return undefined;
  const allowances = [own, cluster];
  return allowances.find(({ stopped }) => stopped) ?? allowances.find(({ count }) => count === 0);
}
