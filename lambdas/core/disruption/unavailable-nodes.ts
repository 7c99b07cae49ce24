/** How much of a group is out of use already, whoever caused it: its budget is used up by that (contract 9.3). Pure. */
import type { FleetNode, PlacedNode } from './fleet.ts';
import type { Group, GroupMember } from '../aws/group.ts';
import { IN_SERVICE, isComing, isPooled } from '../aws/lifecycle-state.ts';

export interface UnavailableNodes {
  /** How many nodes there should be. */
  readonly size: number;
  /** How many are out, those that are missing among them. */
  readonly out: number;
  /** Each node that is out, and how. */
  readonly nodes: readonly string[];
  /** Some of it lasts until a person sees to it: a node stands out, or what is missing is not even launched. */
  readonly lasts: boolean;
}

/** Nodes that are told by name; the others are counted. */
const MOST_NAMED = 3;

/**
 * @param placed the group's nodes
 * @param isOut whether a node counts as out although it is Ready, schedulable and not retiring
 * @param isExempt whether a node counts as there although it is cordoned or not Ready
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
    // A node that has left and its replacement that has not joined are one gap, not two.
    if (how !== undefined || member.state === IN_SERVICE) accounted += weightOf(member);
  }
  const missing = nodesFor(Math.max(0, group.desired - accounted), group);
  const isForgotten = (each: PlacedNode): boolean =>
    !isExempt(each.node) && !isUnavailable(each.node) && whyStuck(each, at) !== undefined;
  const lasts = sumOf(weightsOf(group)) < group.desired || placed.some(isForgotten);
  return { size: nodesFor(group.desired, group), out: nodes.length + missing, nodes, lasts };
}

/** How many nodes of the group's average weight fulfil that much capacity, rounded up. */
function nodesFor(capacity: number, group: Group): number {
  const weights = weightsOf(group);
  const sum = sumOf(weights);
  return sum === 0 ? capacity : Math.ceil((capacity * weights.length) / sum);
}

/** Of the instances that there are, without those that wait in the warm pool. */
function weightsOf({ members }: Group): number[] {
  return members.filter(({ state }) => !isPooled(state)).map(weightOf);
}

function sumOf(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

function weightOf({ weight = 1 }: GroupMember): number {
  return weight;
}

/** Those of several groups together. */
export function totalUnavailable(unavailable: readonly UnavailableNodes[]): UnavailableNodes {
  return {
    size: unavailable.reduce((sum, { size }) => sum + size, 0),
    out: unavailable.reduce((sum, { out }) => sum + out, 0),
    nodes: unavailable.flatMap(({ nodes }) => nodes),
    lasts: unavailable.some(({ lasts }) => lasts),
  };
}

/** Who is out, in words; empty when nobody is. */
export function describeUnavailable({ out, nodes }: UnavailableNodes): string {
  const named = nodes.slice(0, MOST_NAMED);
  const more = nodes.length - named.length;
  const missing = out - nodes.length;
  return [
    ...named,
    ...(more > 0 ? [`${more} more ${more === 1 ? 'is' : 'are'} out`] : []),
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
  if (isUnavailable(node)) return 'is to be drained';
  return isComing(state) ? undefined : `is ${state}`;
}

/** Which nodes count as unavailable, besides what they say themselves. */
export interface CountedNodes {
  /** Whether a node counts as out although it is Ready, schedulable and not retiring. */
  readonly isUnavailable: (node: FleetNode) => boolean;
  /** Whether the node counts as there although it is cordoned or not Ready. @default none does */
  readonly isExempt?: (node: FleetNode) => boolean;
}

/** What it depends on whether a node that is not Ready is a person's business by now. */
export interface StuckTerms {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly replacementTimeoutSeconds: number;
}

/** What keeps a node from serving until a person sees to it, in words; undefined when that ends by itself, or nothing does. */
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

/** Why nothing new comes to the node, whoever wants that; undefined when pods can. */
export function howUnfit({ notReadySince, unschedulable }: FleetNode): string | undefined {
  if (notReadySince !== undefined) return 'is not Ready';
  return unschedulable ? 'is cordoned' : undefined;
}
