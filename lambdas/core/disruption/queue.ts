/**
 * The disruption queue: which candidates go now, within the allowances (contract 9.4). Order: nodes that never cooled
 * down (contract 5.4), then the oldest by the hour, then those with fewest pods, then those from whose zone fewest go.
 * Pure, and the same in whatever order the candidates come.
 */
import type { Allowance, Allowances } from './allowance.ts';

export interface Candidate {
  /** Name of the node. */
  readonly name: string;
  readonly group: string;
  readonly zone: string;
  /** When it was launched, epoch milliseconds. */
  readonly createdAt: number;
  /** End of its cool-down, which may have passed, epoch milliseconds; absent when it never cooled down. */
  readonly coolDownUntil?: number;
}

export interface DisruptionQueue {
  /** Candidates that go now, in order. */
  readonly now: readonly Candidate[];
  /** Candidates that wait, in order, then those that cool down. */
  readonly later: readonly Postponed[];
}

export interface Postponed {
  readonly candidate: Candidate;
  readonly why: string;
  /** When that changes by the clock alone, epoch milliseconds. */
  readonly at?: number;
}

const HOUR_MS = 3_600_000;

/** Hours that a cool-down adds to the launch time: more than any launch time, so such nodes come last. */
const COOLED_DOWN_HOURS = 1_000_000_000;

/** Nodes whose pods are counted, for each free place: every count costs a call. */
const COUNTED_PER_PLACE = 5;

const UNKNOWN: Allowance = { count: 0, why: 'nothing is known of its group' };

/**
 * Returns the names of the nodes whose order depends on their number of pods: in each group the equally old nodes of
 * which only some may go, at most a few for each free place. Nodes that age alone selects or excludes are not counted.
 */
export function nodesToCount(candidates: readonly Candidate[], allowances: Allowances): readonly string[] {
  return [...byGroup(candidates)].flatMap(([group, all]) => {
    let places = Math.min(allowanceOf(allowances, group).count, allowances.cluster.count);
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

/** @param at.pods number of pods by name of the node; nodes without a number come after those with one */
export function queueNodes(
  candidates: readonly Candidate[],
  allowances: Allowances,
  { pods, now }: { pods: ReadonlyMap<string, number>; now: number },
): DisruptionQueue {
  const isCoolingDown = ({ coolDownUntil = 0 }: Candidate): boolean => coolDownUntil > now;
  const waiting = candidates.filter((candidate) => !isCoolingDown(candidate)).toSorted(byOrder(pods));
  const coolingDown = candidates.filter(isCoolingDown).toSorted(byCoolDown);
  const going: Candidate[] = [];
  while (going.length < allowances.cluster.count) {
    const next = nextOf(waiting, { allowances, going, pods });
    if (next === undefined) break;
    going.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return {
    now: going,
    later: [
      ...waiting.map((candidate) => ({ candidate, ...whyLater(candidate, allowances, going) })),
      ...coolingDown.map((candidate) => ({ candidate, ...whyCoolingDown(candidate) })),
    ],
  };
}

/** Returns the first candidate that its group's allowance admits; zones decide among equals. @param waiting in order */
function nextOf(
  waiting: readonly Candidate[],
  {
    allowances,
    going,
    pods,
  }: { allowances: Allowances; going: readonly Candidate[]; pods: ReadonlyMap<string, number> },
): Candidate | undefined {
  const [from, within] = [counts(going.map(({ zone }) => zone)), counts(going.map(({ group }) => group))];
  const fromZone = ({ zone }: Candidate): number => from.get(zone) ?? 0;
  let best: Candidate | undefined;
  for (const each of waiting) {
    if (best !== undefined && compareOrder(best, each, pods) !== 0) return best;
    const isFree = (within.get(each.group) ?? 0) < allowanceOf(allowances, each.group).count;
    if (isFree && (best === undefined || fromZone(each) < fromZone(best))) best = each;
  }
  return best;
}

function whyLater(
  candidate: Candidate,
  allowances: Allowances,
  going: readonly Candidate[],
): { why: string; at?: number } {
  const allowance = allowanceOf(allowances, candidate.group);
  const before = going.filter(({ group }) => group === candidate.group).length;
  if (before >= allowance.count)
    return limited(allowance, `${before} of its group ${before === 1 ? 'goes' : 'go'} before it`);
  return limited(allowances.cluster, `${going.length} of the cluster ${going.length === 1 ? 'goes' : 'go'} before it`);
}

function limited({ count, why, opensAt }: Allowance, before: string): { why: string; at?: number } {
  if (count > 0) return { why: why === undefined ? before : `${before}: ${why}` };
  return { why: why ?? 'the allowance is 0', ...(opensAt !== undefined && { at: opensAt }) };
}

function whyCoolingDown({ coolDownUntil = 0 }: Candidate): { why: string; at: number } {
  return { why: 'cools down', at: coolDownUntil };
}

function byOrder(pods: ReadonlyMap<string, number>): (one: Candidate, other: Candidate) => number {
  return (one, other) => compareOrder(one, other, pods) || byName(one, other);
}

/** Compares by age and number of pods; 0 when only zone and name differ. */
function compareOrder(one: Candidate, other: Candidate, pods: ReadonlyMap<string, number>): number {
  const age = generation(one) - generation(other);
  if (age !== 0) return age;
  const [few = Infinity, many = Infinity] = [pods.get(one.name), pods.get(other.name)];
  return few === many ? 0 : few - many;
}

function generation({ createdAt, coolDownUntil }: Candidate): number {
  return Math.floor(createdAt / HOUR_MS) + (coolDownUntil === undefined ? 0 : COOLED_DOWN_HOURS);
}

function byCoolDown(one: Candidate, other: Candidate): number {
  return (one.coolDownUntil ?? 0) - (other.coolDownUntil ?? 0) || byName(one, other);
}

/** Compares by code unit, which is the same everywhere. */
function byName(one: Candidate, other: Candidate): number {
  return one.name < other.name ? -1 : Number(one.name > other.name);
}

/** Groups of equally old candidates, the oldest first. */
function generations(candidates: readonly Candidate[]): Candidate[][] {
  const ages = Map.groupBy(candidates, generation);
  return [...ages].toSorted(([one], [other]) => one - other).map(([, equals]) => equals);
}

/** Sorts so that zones alternate. */
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

function allowanceOf({ groups }: Allowances, group: string): Allowance {
  return groups.get(group) ?? UNKNOWN;
}
