/** Unavailable nodes of a group, whoever caused it: they use its budget up (contract 9.3). Pure. */
import type { FleetNode, PlacedNode } from './fleet.ts';
import type { Group, GroupMember } from '../aws/group.ts';
import { IN_SERVICE, isComing, isPooled } from '../aws/lifecycle-state.ts';

export interface UnavailableNodes {
  /** Number of nodes that there should be. */
  readonly size: number;
  /** Number of nodes that are unavailable or missing. */
  readonly out: number;
  /** Unavailable nodes, each with the reason. */
  readonly nodes: readonly string[];
  /** Some of it lasts until a person acts: a node is stuck, or a missing instance is not even launched. */
  readonly lasts: boolean;
}

/** Nodes that are named; the others are counted. */
const MOST_NAMED = 3;

/**
 * Counts the unavailable nodes of a group.
 *
 * @param placed the group's nodes
 */
export function unavailableNodesOf(
  group: Group,
  placed: readonly PlacedNode[],
  { isUnavailable, isExempt = () => false, ...at }: CountedNodes & StuckTerms,
): UnavailableNodes {
  const nodes: string[] = [];
  let accounted = 0;
  for (const { node, member } of placed) {
    const how = isExempt(node) ? undefined : howUnavailable(node, member.state, isUnavailable);
    if (how !== undefined) nodes.push(`${node.name} ${how}`);
    // A node that leaves and its replacement that has not joined count once, not twice.
    if (how !== undefined || member.state === IN_SERVICE) accounted += weightOf(member);
  }
  const missing = nodesFor(Math.max(0, group.desired - accounted), group);
  const isStuck = (each: PlacedNode): boolean =>
    !isExempt(each.node) && !isUnavailable(each.node) && whyStuck(each, at) !== undefined;
  const lasts = sumOf(weightsOf(group)) < group.desired || placed.some(isStuck);
  return { size: nodesFor(group.desired, group), out: nodes.length + missing, nodes, lasts };
}

/** Number of nodes of the group's average weight for a capacity, rounded up. */
function nodesFor(capacity: number, group: Group): number {
  const weights = weightsOf(group);
  const sum = sumOf(weights);
  return sum === 0 ? capacity : Math.ceil((capacity * weights.length) / sum);
}

/** Weights of the members, without the warm pool. */
function weightsOf({ members }: Group): number[] {
  return members.filter(({ state }) => !isPooled(state)).map(weightOf);
}

function sumOf(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

function weightOf({ weight = 1 }: GroupMember): number {
  return weight;
}

/** Sum over several groups. */
export function totalUnavailable(unavailable: readonly UnavailableNodes[]): UnavailableNodes {
  return {
    size: unavailable.reduce((sum, { size }) => sum + size, 0),
    out: unavailable.reduce((sum, { out }) => sum + out, 0),
    nodes: unavailable.flatMap(({ nodes }) => nodes),
    lasts: unavailable.some(({ lasts }) => lasts),
  };
}

/** Describes the unavailable nodes; empty when there are none. */
export function describeUnavailable({ out, nodes }: UnavailableNodes): string {
  const named = nodes.slice(0, MOST_NAMED);
  const more = nodes.length - named.length;
  const missing = out - nodes.length;
  return [
    ...named,
    ...(more > 0 ? [`${more} more ${more === 1 ? 'is' : 'are'} unavailable`] : []),
    ...(missing > 0 ? [`${missing} ${missing === 1 ? 'has' : 'have'} yet to join`] : []),
  ].join(', ');
}

function howUnavailable(
  node: FleetNode,
  state: string,
  isUnavailable: (node: FleetNode) => boolean,
): string | undefined {
  if (isPooled(state)) return undefined;
  if (node.leftDrained) return 'is drained, and left to whoever removes it';
  if (node.retiring && node.unsigned !== true) return 'retires';
  const unfit = howUnfit(node);
  if (unfit !== undefined) return unfit;
  if (node.neighbour !== undefined) return `is in the hands of ${node.neighbour}`;
  if (isUnavailable(node)) return 'is to be drained';
  return isComing(state) ? undefined : `is ${state}`;
}

/** Rules that nodes are counted by, besides their own state. */
export interface CountedNodes {
  /** Whether a node counts as unavailable although it is Ready, schedulable and not retiring. */
  readonly isUnavailable: (node: FleetNode) => boolean;
  /** Whether a node counts as available although it is cordoned or not Ready. @default none does */
  readonly isExempt?: (node: FleetNode) => boolean;
}

/** Terms by which a node that is not Ready counts as stuck. */
export interface StuckTerms {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly replacementTimeoutSeconds: number;
}

/** Says why a node does not serve until a person acts; undefined when it serves, or will by itself. */
export function whyStuck(
  { node, member }: PlacedNode,
  { now, replacementTimeoutSeconds }: StuckTerms,
): string | undefined {
  if (node.retiring) return undefined;
  if (member.state === 'Standby') return 'is Standby';
  if (member.state !== IN_SERVICE) return undefined;
  const { notReadySince } = node;
  if (notReadySince !== undefined && now - notReadySince < replacementTimeoutSeconds * 1_000) return undefined;
  return howUnfit(node);
}

/** Says why no new pod can come to the node; undefined when pods can. */
export function howUnfit({ notReadySince, unschedulable }: FleetNode): string | undefined {
  if (notReadySince !== undefined) return 'is not Ready';
  return unschedulable ? 'is cordoned' : undefined;
}
