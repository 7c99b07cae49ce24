/** Why none of the nodes of a group that are to go may go now, for people (contract 9.4, 9.7). Pure. */
import type { PlacedNode } from './fleet.ts';
import { whyStuck, type StuckTerms } from './unavailable-nodes.ts';
import type { Allowance, Allowances } from './allowance.ts';
import type { Candidate, DisruptionQueue } from './queue.ts';

export type GroupStatus =
  /** The group is left alone, or the whole cluster, whatever their budgets. */
  | { readonly kind: 'stopped'; readonly group: string; readonly reason: string }
  /** `held`: until a person sees to it. `waiting`: it is only not their turn. `nodes`: how many. */
  | { readonly kind: 'held' | 'waiting'; readonly group: string; readonly nodes: number; readonly reason: string };

/**
 * Of each group at most one, and none of a group in which somebody goes. Nodes that rest explain themselves, and so do
 * windows and freezes: they are left out.
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
 * Of groups in which nobody goes because those that are to do not serve, until a person sees to them.
 *
 * @param told groups of which it is known already why nobody goes, or in which somebody does
 */
export function stuckGroups(
  toGo: readonly PlacedNode[],
  told: ReadonlySet<string>,
  at: StuckTerms,
): readonly GroupStatus[] {
  const untold = toGo.filter(({ group }) => !told.has(group.name));
  return [...Map.groupBy(untold, ({ group }) => group.name)].flatMap(([group, placed]): GroupStatus[] => {
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

/** Where there is no room at all; undefined where there is some, or where the clock alone explains that there is none. */
function limitingAllowance(own: Allowance, cluster: Allowance): Allowance | undefined {
  if (own.closed) return undefined;
  const allowances = [own, cluster];
  return allowances.find(({ stopped }) => stopped) ?? allowances.find(({ count }) => count === 0);
}
