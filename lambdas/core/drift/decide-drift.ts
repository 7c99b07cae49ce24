/** Decides which nodes of a cluster have drifted, and what happens to each (contract 9.1, 9.3, 9.4). Pure. */
import type { Allowances } from '../disruption/allowance.ts';
import type { GroupStatus } from '../disruption/group-status.ts';
import type { Answers, Undecided } from '../disruption/questions.ts';
import { changesIn, type NodeChange } from './changes.ts';
import { decisionsOf, driftedOf, type Decision, type Drifted } from './decision.ts';
import type { ClusterFacts } from './facts.ts';
import { judgeFleet } from './judge-fleet.ts';
import { unconfirmedOrigins } from './origins.ts';
import { queueDrifted } from './queue-drifted.ts';

export interface DriftDecision {
  readonly drifted: readonly Drifted[];
  /** By name of the drifted node. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly allowances: Allowances;
  readonly statuses: readonly GroupStatus[];
  /** Changes to write on nodes. */
  readonly changes: readonly NodeChange[];
}

/**
 * Judges the nodes, queues those that have drifted, and confirms the origins of those that go. Each step may have open
 * questions, and the next step needs the answers.
 */
export function decideDrift(facts: ClusterFacts, answers: Answers): DriftDecision | Undecided {
  const verdicts = judgeFleet(facts, answers);
  if ('asks' in verdicts) return verdicts;
  const drifted = driftedOf(verdicts.judged);
  const queued = queueDrifted(drifted, verdicts, facts, answers);
  if ('asks' in queued) return queued;
  const decisions = decisionsOf(drifted, queued);
  const { byOrigin, judged } = verdicts;
  const unconfirmed = unconfirmedOrigins(drifted, { decisions, byOrigin }, answers);
  if (unconfirmed !== undefined) return unconfirmed;
  const { statuses, queue } = queued;
  return { drifted, decisions, allowances: queue.allowances, statuses, changes: changesIn(facts, judged, decisions) };
}
