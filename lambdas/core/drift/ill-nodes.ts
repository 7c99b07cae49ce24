/**
 * Nodes that are ill (contract 1.2): a condition, such as one of node-problem-detector or of EKS's node monitoring agent,
 * or a status check of EC2 has been bad for longer than the settings allow. Ebb replaces them as it replaces drifted ones,
 * but for those that EKS repairs by itself. Pure.
 */
import type { Group } from '../aws/group.ts';
import type { StatusCheck } from '../aws/status-check.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import { openQuestions, type Answers, type Undecided } from '../disruption/questions.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { DriftReason } from './drift.ts';
import type { ClusterFacts } from './facts.ts';

type IllSettings = Pick<DriftSettings, 'conditions' | 'statusChecks' | 'illAtOnce'>;

type IllFacts = Pick<ClusterFacts, 'now' | 'impaired'>;

/** What a node is ill of. The words stay the same from day to day, because they are written on the node. */
interface Illness extends DriftReason {
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface IllNodes {
  /** Why nodes are ill, by name. */
  readonly reasons: ReadonlyMap<string, DriftReason>;
  /** Groups with ill nodes of which it is unknown whether EKS repairs them; by name, and why. None of their nodes may go. */
  readonly unknown: ReadonlyMap<string, string>;
}

/**
 * Finds the nodes that are ill. Of each group only those that have been for longest count, `illAtOnce` of them: the others'
 * turn comes when these have gone, or are well. EKS is asked only about managed node groups with an ill node.
 */
export function illNodes(
  placed: readonly PlacedNode[],
  settings: IllSettings,
  facts: IllFacts,
  answers: Answers,
): IllNodes | Undecided {
  const found = placed.flatMap((each) => {
    const illness = illnessOf(each, settings, facts);
    return illness === undefined ? [] : [{ ...illness, name: each.node.name, group: each.group }];
  });
  const repaired = [...new Set(found.map(({ group }) => group))].filter(({ nodeGroup }) => nodeGroup !== undefined);
  const open = openQuestions({ repaired }, answers);
  if (open !== undefined) return open;
  const ill = found
    .filter(({ group }) => answers.repairs.get(group.name) !== true)
    .toSorted((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
  const counted = new Map<string, number>();
  const reasons = new Map<string, DriftReason>();
  for (const { name, group, kind, text } of ill) {
    const before = counted.get(group.name) ?? 0;
    if (before >= settings.illAtOnce) continue;
    counted.set(group.name, before + 1);
    reasons.set(name, { kind, text });
  }
  return { reasons, unknown: unknownAmong(repaired, answers) };
}

function unknownAmong(groups: readonly Group[], { repairs }: Answers): IllNodes['unknown'] {
  return new Map(
    groups.flatMap(({ name }): [string, string][] => {
      const answer = repairs.get(name);
      return typeof answer === 'object' ? [[name, answer.fault]] : [];
    }),
  );
}

/**
 * Standby is for people who look into it. A node whose label names a managed node group, and whose group does not, is left
 * to EKS: nobody can be asked about it.
 */
function illnessOf(placed: PlacedNode, settings: IllSettings, facts: IllFacts): Illness | undefined {
  const { node, member, group } = placed;
  if (member.state === 'Standby') return undefined;
  if (node.ofNodeGroup === true && group.nodeGroup === undefined) return undefined;
  return byCondition(placed, settings, facts) ?? byStatusCheck(placed, settings, facts);
}

function byCondition({ node }: PlacedNode, { conditions }: IllSettings, { now }: IllFacts): Illness | undefined {
  for (const { type, status, seconds } of conditions) {
    const bad = node.conditions?.find((condition) => condition.type === type && condition.status === status);
    if (bad === undefined || now - bad.since < seconds * 1_000) continue;
    const since = new Date(bad.since).toISOString();
    return { kind: 'condition', since: bad.since, text: `has had the condition ${type}=${status} since ${since}` };
  }
  return undefined;
}

function byStatusCheck({ member }: PlacedNode, settings: IllSettings, facts: IllFacts): Illness | undefined {
  const { now, impaired } = facts;
  for (const { check, seconds } of settings.statusChecks) {
    const failed = impaired.find((each) => each.instance === member.instance && each.check === check);
    if (failed === undefined || now - failed.since < seconds * 1_000) continue;
    const since = new Date(failed.since).toISOString();
    return { kind: 'status-check', since: failed.since, text: `has failed ${CHECKS[check]} since ${since}` };
  }
  return undefined;
}

/** The checks in EC2's own words. */
const CHECKS: Readonly<Record<StatusCheck, string>> = {
  system: 'the system status check of EC2',
  instance: 'the instance status check of EC2',
  ebs: 'the attached EBS status check of EC2',
};
