/** Why none of the nodes of a group that are to go may go now, for people (contract 9.4, 9.7). Pure. */
import type { PlacedNode } from './fleet.ts';
import { standsOut, type StandingTerms } from './unavailable-nodes.ts';
import type { Room, Rooms } from './allowance.ts';
import type { Candidate, Turns } from './queue.ts';

export type Standstill =
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
export function standstills(turns: Turns, rooms: Rooms, now: number): readonly Standstill[] {
  const moving = new Set(turns.now.map(({ group }) => group));
  const waiting = turns.later.map(({ candidate }) => candidate).filter(({ group }) => !moving.has(group));
  const groups = Map.groupBy(waiting, ({ group }) => group);
  return [...groups].flatMap(([group, candidates]) => {
    const room = rooms.groups.get(group);
    return room === undefined ? [] : standstill({ group, candidates, now }, room, rooms.cluster);
  });
}

/**
 * Of groups in which nobody goes because those that are to do not serve, until a person sees to them.
 *
 * @param told groups of which it is known already why nobody goes, or in which somebody does
 */
export function standingOut(
  toGo: readonly PlacedNode[],
  told: ReadonlySet<string>,
  at: StandingTerms,
): readonly Standstill[] {
  const untold = toGo.filter(({ group }) => !told.has(group.name));
  return [...Map.groupBy(untold, ({ group }) => group.name)].flatMap(([group, placed]): Standstill[] => {
    const found = placed.flatMap((each) => {
      const how = standsOut(each, at);
      return how === undefined ? [] : [`${each.node.name} ${how}`];
    });
    const [first] = found;
    return first === undefined ? [] : [{ kind: 'held', group, nodes: found.length, reason: first }];
  });
}

function standstill(
  { group, candidates, now }: { group: string; candidates: readonly Candidate[]; now: number },
  own: Room,
  cluster: Room,
): Standstill[] {
  const room = limitingRoom(own, cluster);
  if (room?.why === undefined) return [];
  const { why: reason, stopped, held } = room;
  if (stopped) return [{ kind: 'stopped', group, reason }];
  const nodes = candidates.filter(({ restedUntil = 0 }) => restedUntil <= now).length;
  return nodes === 0 ? [] : [{ kind: held ? 'held' : 'waiting', group, nodes, reason }];
}

/** Where there is no room at all; undefined where there is some, or where the clock alone explains that there is none. */
function limitingRoom(own: Room, cluster: Room): Room | undefined {
  if (own.closed) return undefined;
  const rooms = [own, cluster];
  return rooms.find(({ stopped }) => stopped) ?? rooms.find(({ count }) => count === 0);
}
