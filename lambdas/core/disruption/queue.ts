/**
 * Whose turn it is: which of the nodes that are to go do so now, within the room that there is (contract 9.4). Those
 * that rested go last (contract 5.4), then the oldest go first, by the hour; of those the emptiest, and of these the one
 * from whose zone fewest go. Pure, and the same whatever order the candidates come in.
 */
import type { Room, Rooms } from './allowance.ts';

export interface Candidate {
  /** Of the node. */
  readonly name: string;
  readonly group: string;
  readonly zone: string;
  /** When it was launched, epoch milliseconds. */
  readonly createdAt: number;
  /** Until when it rests, or did, epoch milliseconds. */
  readonly restedUntil?: number;
}

export interface Turns {
  /** In the order in which they go. */
  readonly now: readonly Candidate[];
  /** In the order of their turn. */
  readonly later: readonly Postponed[];
}

export interface Postponed {
  readonly candidate: Candidate;
  readonly why: string;
  /** When that changes by the clock alone, epoch milliseconds. */
  readonly at?: number;
}

const HOUR_MS = 3_600_000;

/** Those that rested come after all that did not: later than anything is ever launched. */
const RESTED_HOURS = 1_000_000_000;

/** Of this many per free place the pods are worth counting: the count costs a call each. */
const COUNTED_PER_PLACE = 5;

const UNKNOWN: Room = { count: 0, why: 'nothing is known of its group' };

/**
 * Names of the nodes whose pods are worth counting: of each group those among whom the last free places are chosen, and
 * not all of them when they are many. Whoever goes anyway, and whoever is too young to, is not among them.
 */
export function uncounted(candidates: readonly Candidate[], rooms: Rooms): readonly string[] {
  return [...byGroup(candidates)].flatMap(([group, all]) => {
    let places = Math.min(roomOf(rooms, group).count, rooms.cluster.count);
    for (const equals of generations(all)) {
      if (places === 0) return [];
      if (equals.length > places) {
        return acrossZones(equals)
          .slice(0, places * COUNTED_PER_PLACE)
          .map(({ name }) => name);
      }
      places -= equals.length;
    }
    return [];
  });
}

/** @param pods how many each node has, by name; what was not counted is taken for full */
export function takeTurns(
  candidates: readonly Candidate[],
  rooms: Rooms,
  { pods, now }: { pods: ReadonlyMap<string, number>; now: number },
): Turns {
  const isResting = ({ restedUntil = 0 }: Candidate): boolean => restedUntil > now;
  const waiting = candidates.filter((candidate) => !isResting(candidate)).toSorted(byTurn(pods));
  const resting = candidates.filter(isResting).toSorted(byRest);
  const going: Candidate[] = [];
  while (going.length < rooms.cluster.count) {
    const next = nextOf(waiting, { rooms, going, pods });
    if (next === undefined) break;
    going.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return {
    now: going,
    later: [
      ...waiting.map((candidate) => ({ candidate, ...whyLater(candidate, rooms, going) })),
      ...resting.map((candidate) => ({ candidate, ...whyResting(candidate) })),
    ],
  };
}

/** @param waiting in the order of their turn, zones aside: equals stand together */
function nextOf(
  waiting: readonly Candidate[],
  { rooms, going, pods }: { rooms: Rooms; going: readonly Candidate[]; pods: ReadonlyMap<string, number> },
): Candidate | undefined {
  const [from, within] = [counts(going.map(({ zone }) => zone)), counts(going.map(({ group }) => group))];
  const fromZone = ({ zone }: Candidate): number => from.get(zone) ?? 0;
  let best: Candidate | undefined;
  for (const each of waiting) {
    if (best !== undefined && inTurn(best, each, pods) !== 0) return best;
    const isFree = (within.get(each.group) ?? 0) < roomOf(rooms, each.group).count;
    if (isFree && (best === undefined || fromZone(each) < fromZone(best))) best = each;
  }
  return best;
}

function whyLater(candidate: Candidate, rooms: Rooms, going: readonly Candidate[]): { why: string; at?: number } {
  const room = roomOf(rooms, candidate.group);
  const before = going.filter(({ group }) => group === candidate.group).length;
  if (before >= room.count) return limited(room, `${before} of its group ${before === 1 ? 'goes' : 'go'} before it`);
  return limited(rooms.cluster, `${going.length} of the cluster ${going.length === 1 ? 'goes' : 'go'} before it`);
}

function limited({ count, why, opensAt }: Room, before: string): { why: string; at?: number } {
  if (count > 0) return { why: why === undefined ? before : `${before}: ${why}` };
  return { why: why ?? 'there is no room', ...(opensAt !== undefined && { at: opensAt }) };
}

function whyResting({ restedUntil = 0 }: Candidate): { why: string; at: number } {
  return { why: 'rests', at: restedUntil };
}

function byTurn(pods: ReadonlyMap<string, number>): (one: Candidate, other: Candidate) => number {
  return (one, other) => inTurn(one, other, pods) || byName(one, other);
}

/** 0 when nothing but zone and name tells them apart. */
function inTurn(one: Candidate, other: Candidate, pods: ReadonlyMap<string, number>): number {
  const age = generation(one) - generation(other);
  if (age !== 0) return age;
  const [few = Infinity, many = Infinity] = [pods.get(one.name), pods.get(other.name)];
  return few === many ? 0 : few - many;
}

function generation({ createdAt, restedUntil }: Candidate): number {
  return Math.floor(createdAt / HOUR_MS) + (restedUntil === undefined ? 0 : RESTED_HOURS);
}

function byRest(one: Candidate, other: Candidate): number {
  return (one.restedUntil ?? 0) - (other.restedUntil ?? 0) || byName(one, other);
}

/** Names are compared by code unit, which is the same everywhere. */
function byName(one: Candidate, other: Candidate): number {
  return one.name < other.name ? -1 : Number(one.name > other.name);
}

/** Those that are equally old together, the oldest first. */
function generations(candidates: readonly Candidate[]): Candidate[][] {
  const ages = Map.groupBy(candidates, generation);
  return [...ages].toSorted(([one], [other]) => one - other).map(([, equals]) => equals);
}

/** One from each zone in turn. */
function acrossZones(candidates: readonly Candidate[]): Candidate[] {
  const rank = new Map<Candidate, number>();
  const seen = new Map<string, number>();
  const named = candidates.toSorted(byName);
  for (const candidate of named) {
    const place = seen.get(candidate.zone) ?? 0;
    rank.set(candidate, place);
    seen.set(candidate.zone, place + 1);
  }
  return named.toSorted((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0));
}

function byGroup(candidates: readonly Candidate[]): Map<string, Candidate[]> {
  return Map.groupBy(candidates, ({ group }) => group);
}

function counts(words: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return found;
}

function roomOf({ groups }: Rooms, group: string): Room {
  return groups.get(group) ?? UNKNOWN;
}
