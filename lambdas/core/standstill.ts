/** Why none of the nodes of a group that are to go may go now, for people (contract 9.4, 9.7). Pure. */
import type { Room, Rooms } from './room.ts';
import type { Candidate, Turns } from './turn.ts';

export type Standstill =
  /** The group is left alone, or the whole cluster, whatever their budgets. */
  | { readonly kind: 'stopped'; readonly group: string; readonly reason: string }
  /** `held`: until a person sees to it. `waiting`: it is only not their turn. `nodes`: how many. */
  | { readonly kind: 'held' | 'waiting'; readonly group: string; readonly nodes: number; readonly reason: string };

/**
 * Of each group at most one. Nodes that rest explain themselves, and so do windows and freezes: they are left out.
 *
 * @param later all that are to go and do not go now
 * @param now epoch milliseconds
 */
export function standstills(later: Turns['later'], rooms: Rooms, now: number): readonly Standstill[] {
  const groups = Map.groupBy(
    later.map(({ candidate }) => candidate),
    ({ group }) => group,
  );
  return [...groups].flatMap(([group, candidates]) => {
    const room = rooms.groups.get(group);
    return room === undefined ? [] : standstill({ group, candidates, now }, room, rooms.cluster);
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
