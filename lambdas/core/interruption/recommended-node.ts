/**
 * Decides whether a node may go that EC2 recommends to rebalance (contract 1.2): windows, budgets and stop conditions must
 * allow one more, as for a node with a drain taint. Pure.
 */
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import type { FleetState } from '../disruption/fleet-state.ts';
import type { FleetNode, PlacedNode } from '../disruption/fleet.ts';
import type { Answers, Undecided } from '../disruption/questions.ts';
import { queueFleet } from '../disruption/queue-fleet.ts';
import type { Home } from '../notice/notice.ts';
import { inHandOf } from '../retirement/in-hand.ts';
import type { StartedRetirement } from '../retirement/orphaned-hook.ts';

export interface RecommendedFacts extends FleetState {
  readonly instance: string;
  /** Name of the retirement that asks. */
  readonly execution: string;
  /** All that run, read after the nodes: one that has just begun has not marked its node yet. */
  readonly running: readonly StartedRetirement[];
  readonly home: Home;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type RecommendedDecision =
  { readonly decision: 'goes now' } | { readonly decision: 'turned away'; readonly why: string };

export function decideRecommended(facts: RecommendedFacts, answers: Answers): RecommendedDecision | Undecided {
  const { fleet, instance, now } = facts;
  const place = fleet.placed.find(({ member }) => member.instance === instance);
  if (place === undefined) return turnedAway('no node of the cluster has the instance');
  const unfit = whyUnfit(place);
  if (unfit !== undefined) return turnedAway(unfit);
  const isUnavailable = inEarlierHands(facts);
  const queue = queueFleet([place], facts, { now, cause: 'taint', isUnavailable, stopped: new Map() }, answers);
  if ('asks' in queue) return queue;
  const [later] = queue.later;
  return later === undefined ? { decision: 'goes now' } : turnedAway(`${place.node.name} may not go now: ${later.why}`);
}

function turnedAway(why: string): RecommendedDecision {
  return { decision: 'turned away', why };
}

/** Says why nothing is to be done for the node, whatever the budgets; undefined when they decide. */
function whyUnfit({ node, member }: PlacedNode): string | undefined {
  if (node.owner !== undefined) return `${node.owner} makes and ends such nodes itself`;
  if (node.retiring) return `${node.name} retires already`;
  if (node.neighbour !== undefined) return `${node.neighbour} has ${node.name} in hand`;
  return member.state === IN_SERVICE ? undefined : `its instance is ${member.state}`;
}

/**
 * Returns whether a retirement that began earlier has the node in hand. EC2 recommends many at once, and none of them has
 * marked its node yet: by their order each counts those before it, so that together they keep within the budgets.
 */
function inEarlierHands({ instance, execution, running, home }: RecommendedFacts): (node: FleetNode) => boolean {
  const own = running.find(({ name }) => name === execution) ?? { name: execution, startedAt: Infinity };
  const earlier = running.filter((other) => isBefore(other, own)).map(({ name }) => name);
  const isInHand = inHandOf(earlier, home);
  return ({ instance: other }) => other !== instance && isInHand(other);
}

function isBefore(one: StartedRetirement, other: StartedRetirement): boolean {
  return one.startedAt === other.startedAt ? one.name < other.name : one.startedAt < other.startedAt;
}
