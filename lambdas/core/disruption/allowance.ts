/**
 * Allowances: how many more nodes may be disrupted now, by budgets, windows and stop conditions (contract 9.3, 9.4). An
 * allowance that cannot be computed is 0. Pure.
 */
import { sickness, stuckReplacement, suspension } from './stop-conditions.ts';
import {
  isNothing,
  limitOf,
  LOOKS_ONLY,
  readBudget,
  UNWRITTEN_CLUSTER,
  UNWRITTEN_NODES,
  type Budget,
  type Cause,
  type Limit,
} from './budget.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import { nodesByInstance, type Fleet, type PlacedNode } from './fleet.ts';
import type { Group } from '../aws/group.ts';
import { isPooled } from '../aws/lifecycle-state.ts';
import {
  unavailableNodesOf,
  totalUnavailable,
  describeUnavailable,
  type CountedNodes,
  type UnavailableNodes,
} from './unavailable-nodes.ts';
import { openingOf } from './window.ts';

export interface Allowance {
  /** How many more nodes may be disrupted now, 0 or more. */
  readonly count: number;
  /** The limit in words; always there when the count is 0. */
  readonly why?: string;
  /** When the allowance changes by the clock alone, epoch milliseconds. */
  readonly opensAt?: number;
  /** The group or the cluster is left alone, whatever its budget: by a stop condition, or `Circumstances.stopped`. */
  readonly stopped?: true;
  /** The count is 0 because it is outside of its windows, or in a freeze. */
  readonly closed?: true;
  /** The count is 0 until a person acts. */
  readonly held?: true;
}

export interface Allowances {
  readonly cluster: Allowance;
  /** Allowances by name of the group, for every group with a node in the fleet. */
  readonly groups: ReadonlyMap<string, Allowance>;
}

/** Facts that allowances depend on, besides the nodes and the settings. */
export interface Circumstances extends CountedNodes {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Why the candidates are to go. */
  readonly cause: Cause;
  /** Every enrolled group, with those of other clusters. */
  readonly groups: readonly Group[];
  /** Groups that are left alone, by name, and why. */
  readonly stopped: ReadonlyMap<string, string>;
  /** When instances without a node were started, epoch milliseconds; without those that EC2 does not know. */
  readonly launchedAt?: ReadonlyMap<string, number>;
  /** Which traffic of the cluster is shifted away from a zone, in words; absent when none is (contract 9.8). */
  readonly shift?: string;
}

export function allowancesIn(fleet: Fleet, cluster: ClusterSettings, at: Circumstances): Allowances {
  const placed = placedByGroup(fleet);
  const budget = readBudget(cluster.budget);
  if ('fault' in budget) return noAllowance(`the cluster’s budget cannot be read: ${budget.fault}`, placed.keys());
  // A configured group without any node counts too: all of it is missing.
  const names = new Set([...cluster.groups.map(({ name }) => name), ...placed.keys()]);
  const groups = at.groups.filter(({ name }) => names.has(name));
  const terms = { ...at, replacementTimeoutSeconds: cluster.drift.replacementTimeoutSeconds };
  const unavailable = new Map(
    groups.map((group) => [group.name, unavailableNodesOf(group, placed.get(group.name) ?? [], terms)]),
  );
  const nodes = nodesByInstance(fleet);
  const allowanceOf = (group: Group): Allowance => {
    const stopped = at.stopped.get(group.name) ?? suspension(group) ?? stuckReplacement(group, nodes, terms);
    if (stopped !== undefined) return { count: 0, why: stopped, stopped: true };
    const own = readBudget(cluster.budget, cluster.groups.find(({ name }) => name === group.name)?.budget);
    if ('fault' in own) return { count: 0, why: `its budget cannot be read: ${own.fault}`, held: true };
    const limit = own.nodes ?? UNWRITTEN_NODES[at.cause];
    if (isNothing(limit)) return { count: 0, why: LOOKS_ONLY };
    return allowanceWithin(own, { limit, unavailable: unavailable.get(group.name), whose: 'its' }, at.now);
  };
  return {
    cluster: clusterAllowance(budget, totalUnavailable([...unavailable.values()]), { fleet, cluster, ...at }),
    groups: new Map(groups.filter(({ name }) => placed.has(name)).map((group) => [group.name, allowanceOf(group)])),
  };
}

interface ClusterCircumstances extends Pick<Circumstances, 'cause' | 'now' | 'shift'> {
  readonly fleet: Fleet;
  readonly cluster: ClusterSettings;
}

function clusterAllowance(
  budget: Budget,
  unavailable: UnavailableNodes,
  { fleet, cluster, cause, now, shift }: ClusterCircumstances,
): Allowance {
  if (shift !== undefined) return { count: 0, why: shift, stopped: true };
  const needed = fleet.placed.filter(({ member }) => !isPooled(member.state));
  const sick = sickness(needed, cluster.drift.unhealthyLimit);
  if (sick !== undefined) return { count: 0, why: sick, stopped: true };
  const limit = budget.cluster ?? UNWRITTEN_CLUSTER[cause];
  return allowanceWithin(budget, { limit, unavailable, whose: 'the cluster’s' }, now);
}

const NO_NODES: UnavailableNodes = { size: 0, out: 0, nodes: [], lasts: false };

function allowanceWithin(
  budget: Budget,
  { limit, unavailable = NO_NODES, whose }: { limit: Limit; unavailable: UnavailableNodes | undefined; whose: string },
  now: number,
): Allowance {
  const opening = openingOf(budget, now);
  if (!opening.open) {
    const { why, opensAt } = opening;
    return { count: 0, why, closed: true, ...(opensAt !== undefined && { opensAt }) };
  }
  const most = limitOf(limit, unavailable.size);
  const share = 'percent' in limit ? `${limit.percent}%, ` : '';
  const used = unavailable.out > 0 ? `, ${unavailable.out} of it used up: ${describeUnavailable(unavailable)}` : '';
  const why = `${whose} budget is ${share}${most} ${most === 1 ? 'node' : 'nodes'}${used}`;
  const count = Math.max(0, most - unavailable.out);
  return { count, why, ...(count === 0 && unavailable.lasts && { held: true }) };
}

function noAllowance(why: string, names: Iterable<string>): Allowances {
  const allowance: Allowance = { count: 0, why, held: true };
  return { cluster: allowance, groups: new Map([...names].map((name) => [name, allowance])) };
}

function placedByGroup({ placed }: Fleet): ReadonlyMap<string, readonly PlacedNode[]> {
  return Map.groupBy(placed, ({ group }) => group.name);
}
