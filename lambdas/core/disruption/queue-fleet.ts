/**
 * The disruption queue of a whole cluster: which candidates go now, within budgets, windows and stop conditions
 * (contract 9.3, 9.4, 9.7). Pure.
 */
import type { ShiftScope } from '../aws/zonal-shift.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import { allowancesIn, type Allowances, type Circumstances } from './allowance.ts';
import type { FleetState } from './fleet-state.ts';
import { nodesByInstance, type FleetNode, type PlacedNode } from './fleet.ts';
import { OUTSIDE } from './outside-nodes.ts';
import { openQuestions, type Answers, type Undecided } from './questions.ts';
import { nodesToCount, queueNodes, type Candidate, type DisruptionQueue } from './queue.ts';
import { withoutNode } from './stop-conditions.ts';
import { howUnfit } from './unavailable-nodes.ts';

/** The cause of the candidates, the nodes that count as unavailable, and the groups that are stopped already. */
export type QueueTerms = Pick<Circumstances, 'now' | 'cause' | 'isUnavailable' | 'stopped'>;

export interface FleetQueue extends DisruptionQueue {
  /** Allowances of the second allotment. */
  readonly allowances: Allowances;
}

/** Candidates that are queued together, and how many of them may go. */
interface Allotment {
  readonly candidates: readonly Candidate[];
  readonly allowances: Allowances;
}

/**
 * Queues the candidates in two allotments:
 *
 * 1. Nodes that are not Ready or cordoned, whoever cordoned them. They do not wait for one another, because draining
 *    them costs no capacity.
 * 2. The others. All nodes of the first allotment count as unavailable in it, whether they go or not.
 *
 * A node that cools down does not go, so it is in the second allotment and counts for both.
 */
export function queueFleet(
  candidates: readonly PlacedNode[],
  state: FleetState,
  terms: QueueTerms,
  answers: Answers,
): FleetQueue | Undecided {
  const asking = askedGroups(candidates, state, terms);
  const open = openQuestions(asking, answers);
  if (open !== undefined) return open;
  const circumstances = circumstancesOf(state, terms, { asking, answers });
  const allotments = allotmentsOf(candidates, state, circumstances);
  // Allowances decide for which nodes the pods are worth counting.
  const nodes = allotments.flatMap((each) => nodesToCount(each.candidates, each.allowances));
  const uncounted = openQuestions({ nodes }, answers);
  if (uncounted !== undefined) return uncounted;
  const at = { pods: answers.pods, now: terms.now };
  const queues = allotments.map((each) => queueNodes(each.candidates, each.allowances, at));
  const [, { allowances }] = allotments;
  return { now: queues.flatMap(({ now }) => now), later: queues.flatMap(({ later }) => later), allowances };
}

interface AskedGroups {
  /** Groups that somebody else may be changing. */
  readonly groups: readonly PlacedNode['group'][];
  /** Instances without a node, which may be stuck replacements. */
  readonly instances: readonly string[];
  /** The cluster, if its zonal shifts count and a node of it may go. */
  readonly shifts: readonly ShiftScope[];
}

/** Returns what the allowances depend on, except for groups that are stopped already. */
function askedGroups(candidates: readonly PlacedNode[], state: FleetState, { stopped }: QueueTerms): AskedGroups {
  const { fleet, foreign } = state;
  const concerned = [...new Set(candidates.map(({ group }) => group))];
  const going = concerned.filter(({ name }) => !stopped.has(name) && !foreign.has(name));
  return {
    groups: going.filter(({ name }) => name !== OUTSIDE),
    instances: withoutNode(concerned, nodesByInstance(fleet)),
    shifts: going.length === 0 ? [] : shiftScopes(state),
  };
}

function shiftScopes({ cluster, fleet, foreign }: FleetState): readonly ShiftScope[] {
  if (!cluster.waitForZonalShift) return [];
  const names = [...new Set(fleet.placed.map(({ group }) => group.name))];
  const groups = names.filter((name) => name !== OUTSIDE && !foreign.has(name));
  return [{ cluster: cluster.name, groups }];
}

function circumstancesOf(
  { cluster, fleet, groups, foreign }: FleetState,
  { stopped, isUnavailable, ...terms }: QueueTerms,
  { asking, answers: { launched, changes, shifts } }: { asking: AskedGroups; answers: Answers },
): Circumstances {
  const changed = asking.groups.flatMap(({ name }): [string, string][] => {
    const why = changes.get(name);
    return why === undefined ? [] : [[name, why]];
  });
  const startedAt = asking.instances.flatMap((instance): [string, number][] => {
    const found = launched.get(instance);
    return found === undefined ? [] : [[instance, found.startedAt]];
  });
  // Nodes of foreign groups count as unavailable only while they do not serve: their drain taints have no effect.
  const alone = new Set(fleet.placed.flatMap(({ node, group }) => (foreign.has(group.name) ? [node.name] : [])));
  const here = new Set(fleet.placed.map(({ group }) => group.name));
  const shift = shifts.get(cluster.name);
  return {
    ...terms,
    ...(shift !== undefined && { shift }),
    // A foreign group without a node in this cluster is not missing here.
    groups: groups.filter(({ name }) => here.has(name) || !foreign.has(name)),
    isUnavailable: (node) => !alone.has(node.name) && isUnavailable(node),
    stopped: new Map([...stopped, ...foreign, ...changed]),
    launchedAt: new Map(startedAt),
  };
}

function allotmentsOf(
  candidates: readonly PlacedNode[],
  { fleet, cluster }: FleetState,
  circumstances: Circumstances,
): readonly [Allotment, Allotment] {
  const isFirst = ({ node }: PlacedNode): boolean =>
    howUnfit(node) !== undefined && !isCoolingDown(node, circumstances.now);
  const first = candidates.filter(isFirst);
  const second = candidates.filter((candidate) => !isFirst(candidate));
  const exempt = new Set(first.map(({ node }) => node.name));
  const isExempt = ({ name }: FleetNode): boolean => exempt.has(name);
  const isUnavailable = (node: FleetNode): boolean => circumstances.isUnavailable(node) || isExempt(node);
  return [
    { candidates: first.map(candidateOf), allowances: allowancesIn(fleet, cluster, { ...circumstances, isExempt }) },
    {
      candidates: second.map(candidateOf),
      allowances: allowancesIn(fleet, cluster, { ...circumstances, isUnavailable }),
    },
  ];
}

function candidateOf({ node, member, group }: PlacedNode): Candidate {
  const { name, createdAt, coolDown } = node;
  return { name, group: group.name, zone: member.zone, createdAt, ...(coolDown && { coolDownUntil: coolDown.until }) };
}
