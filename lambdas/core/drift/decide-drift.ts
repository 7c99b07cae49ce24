/** Decides which nodes of a cluster have drifted, and what becomes of each (contract 9.1, 9.3, 9.4). Pure. */
import type { Allowances } from '../disruption/allowance.ts';
import type { FleetNode } from '../disruption/fleet.ts';
import { groupStatuses, stuckGroups, type GroupStatus } from '../disruption/group-status.ts';
import { queueFleet, type FleetQueue } from '../disruption/queue-fleet.ts';
import { openQuestions, type Answers, type Undecided } from '../disruption/questions.ts';
import { ailingReplacements } from '../disruption/stop-conditions.ts';
import { isCoolingDown } from '../node/cool-down.ts';
import { drainTaint } from '../node/drain-taints.ts';
import { changesOf, strayChanges, type NodeChange } from './changes.ts';
import { decisionBeforeQueue, decisionsOf, withCurrentImage, type Decision, type Drifted } from './decision.ts';
import type { ClusterFacts } from './facts.ts';
import { judgeFleet, type FleetVerdicts } from './judge-fleet.ts';

export interface DriftDecision {
  readonly drifted: readonly Drifted[];
  /** By name of the node, of those that have drifted. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly allowances: Allowances;
  readonly statuses: readonly GroupStatus[];
  /** What is to be written on nodes. */
  readonly changes: readonly NodeChange[];
}

/** What the steps of the decision share. */
interface Terms {
  readonly facts: ClusterFacts;
  readonly drifted: readonly Drifted[];
  /** Groups that are stopped because no node of theirs can be judged, or because replacing is in vain; and why. */
  readonly unjudged: ReadonlyMap<string, string>;
  /** Whether a node is to be drained already. One that cools down goes nowhere for now, so it takes nobody's place. */
  readonly isUnavailable: (node: FleetNode) => boolean;
}

/**
 * Judges the nodes, queues those that have drifted, and confirms the origins of those that go. Each of these steps may
 * have open questions; the next one needs its answers.
 */
export function decideDrift(facts: ClusterFacts, answers: Answers): DriftDecision | Undecided {
  const verdicts = judgeFleet(facts, answers);
  if ('asks' in verdicts) return verdicts;
  const terms = termsOf(verdicts, facts);
  const queue = queueDrifted(verdicts, terms, answers);
  if ('asks' in queue) return queue;
  const { drifted, isUnavailable } = terms;
  const { allowances } = queue;
  const decisions = decisionsOf(drifted, { queue, allowances, isUnavailable });
  const unconfirmed = openQuestions({ instances: goingByOrigin(terms, decisions, verdicts) }, answers);
  if (unconfirmed !== undefined) return unconfirmed;
  const { fleet, cluster, now } = facts;
  const changes = changesOf(verdicts.judged, decisions, { settings: cluster.drift, now });
  return {
    drifted,
    decisions,
    allowances,
    statuses: statusesOf(queue, terms),
    changes: [...changes, ...strayChanges(fleet.strays, cluster.drift)],
  };
}

function termsOf({ judged, unknown, vain }: FleetVerdicts, facts: ClusterFacts): Terms {
  const { cluster, now } = facts;
  const drifted = judged.flatMap(({ placed, verdict }): Drifted[] =>
    verdict.kind === 'drifted' ? [{ placed, reasons: verdict.reasons }] : [],
  );
  const isUnavailable = (node: FleetNode): boolean =>
    drainTaint(node, cluster) !== undefined && !isCoolingDown(node, now);
  return { facts, drifted, unjudged: new Map([...unknown, ...vain]), isUnavailable };
}

function queueDrifted(
  { judged }: FleetVerdicts,
  { facts, drifted, unjudged, isUnavailable }: Terms,
  answers: Answers,
): FleetQueue | Undecided {
  const { cluster, now } = facts;
  const candidates = drifted
    .map(({ placed }) => placed)
    .filter((placed) => decisionBeforeQueue(placed, { isUnavailable, allowance: undefined }) === undefined);
  const ailing = ailingReplacements(withCurrentImage(judged, cluster.drift), { ...cluster.drift, now });
  const stopped = new Map([...ailing, ...unjudged]);
  return queueFleet(candidates, facts, { now, cause: 'drift', isUnavailable, stopped }, answers);
}

/** Instances that are to go although EC2 has not confirmed their origin. */
function goingByOrigin(
  { drifted }: Terms,
  decisions: DriftDecision['decisions'],
  { byOrigin }: FleetVerdicts,
): readonly string[] {
  return drifted
    .filter(({ placed: { node, member } }) => {
      return decisions.get(node.name)?.decision === 'goes now' && byOrigin.has(member.instance);
    })
    .map(({ placed }) => placed.member.instance);
}

/** Groups with unjudged nodes are stopped too, and say only that. */
function statusesOf(queue: FleetQueue, { facts, drifted, unjudged, isUnavailable }: Terms): readonly GroupStatus[] {
  const { cluster, now } = facts;
  const stopped = [...unjudged].map(([group, reason]): GroupStatus => ({ kind: 'stopped', group, reason }));
  const queued = groupStatuses(queue, queue.allowances, now).filter(({ group }) => !unjudged.has(group));
  const told = new Set([...stopped, ...queued, ...queue.now].map(({ group }) => group));
  const toGo = drifted.map(({ placed }) => placed).filter(({ node }) => !isUnavailable(node));
  return [...stopped, ...queued, ...stuckGroups(toGo, told, { ...cluster.drift, now })];
}
