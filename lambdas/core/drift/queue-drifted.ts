/** The disruption queue of a cluster's drifted nodes, and the status of their groups (contract 9.3, 9.4). Pure. */
import type { FleetNode } from '../disruption/fleet.ts';
import { groupStatuses, stuckGroups, type GroupStatus } from '../disruption/group-status.ts';
import { queueFleet, type FleetQueue } from '../disruption/queue-fleet.ts';
import type { Answers, Undecided } from '../disruption/questions.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import { drainTaint } from '../node/drain-taints.ts';
import { decisionBeforeQueue, type Drifted } from './decision.ts';
import type { ClusterFacts } from './facts.ts';
import type { FleetVerdicts } from './judge-fleet.ts';

export interface DriftQueue {
  readonly queue: FleetQueue;
  readonly statuses: readonly GroupStatus[];
  /** Whether a node has a drain taint already; false for a node that cools down, which does not go for now. */
  readonly isUnavailable: (node: FleetNode) => boolean;
}

export function queueDrifted(
  drifted: readonly Drifted[],
  { unjudged, ailing }: Pick<FleetVerdicts, 'unjudged' | 'ailing'>,
  facts: ClusterFacts,
  answers: Answers,
): DriftQueue | Undecided {
  const { now } = facts;
  const unavailable = unavailableNodes(facts);
  const isUnavailable = ({ name }: FleetNode): boolean => unavailable.has(name);
  const candidates = drifted
    .map(({ placed }) => placed)
    .filter((placed) => decisionBeforeQueue(placed, { isUnavailable, allowance: undefined }) === undefined);
  const stopped = new Map([...ailing, ...unjudged]);
  const queue = queueFleet(candidates, facts, { now, cause: 'drift', isUnavailable, stopped }, answers);
  if ('asks' in queue) return queue;
  const available = drifted.filter(({ placed }) => !isUnavailable(placed.node));
  return { queue, statuses: statusesOf(queue, { available, unjudged, facts }), isUnavailable };
}

/** Returns the names of the nodes with a drain taint that do not cool down. */
function unavailableNodes({ cluster, fleet, now }: ClusterFacts): ReadonlySet<string> {
  const nodes = fleet.placed.map(({ node }) => node);
  const tainted = nodes.filter((node) => drainTaint(node, cluster) !== undefined && !isCoolingDown(node, now));
  return new Set(tainted.map(({ name }) => name));
}

interface StatusTerms {
  /** Drifted nodes without a drain taint. */
  readonly available: readonly Drifted[];
  readonly unjudged: FleetVerdicts['unjudged'];
  readonly facts: ClusterFacts;
}

/** Returns the statuses of groups. An unjudged group has one status only: stopped. */
function statusesOf(queue: FleetQueue, { available, unjudged, facts }: StatusTerms): readonly GroupStatus[] {
  const { cluster, now } = facts;
  const stopped = [...unjudged].map(([group, reason]): GroupStatus => ({ kind: 'stopped', group, reason }));
  const queued = groupStatuses(queue, queue.allowances, now).filter(({ group }) => !unjudged.has(group));
  const explained = new Set([...stopped, ...queued, ...queue.now].map(({ group }) => group));
  const toGo = available.map(({ placed }) => placed);
  return [...stopped, ...queued, ...stuckGroups(toGo, explained, { ...cluster.drift, now })];
}
