/**
 * Nodes that are ill (contract 1.2): a condition, such as one of node-problem-detector or of EKS's node monitoring agent,
 * or a status check of EC2 has been bad for longer than the settings allow. Ebb replaces them as it replaces drifted ones.
 * Pure.
 */
import type { StatusCheck } from '../aws/status-check.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
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

/**
 * Returns why nodes are ill, by name. Of each group only those that have been for longest count, `illAtOnce` of them: the
 * others' turn comes when these have gone, or are well.
 */
export function illNodes(
  placed: readonly PlacedNode[],
  settings: IllSettings,
  facts: IllFacts,
): ReadonlyMap<string, DriftReason> {
  const ill = placed
    .flatMap((each) => {
      const illness = illnessOf(each, settings, facts);
      return illness === undefined ? [] : [{ ...illness, name: each.node.name, group: each.group.name }];
    })
    .toSorted((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
  const counted = new Map<string, number>();
  const reasons = new Map<string, DriftReason>();
  for (const { name, group, kind, text } of ill) {
    const before = counted.get(group) ?? 0;
    if (before >= settings.illAtOnce) continue;
    counted.set(group, before + 1);
    reasons.set(name, { kind, text });
  }
  return reasons;
}

/** Managed node groups are left to EKS, which may repair their nodes by itself; Standby is for people who look into it. */
function illnessOf(placed: PlacedNode, settings: IllSettings, facts: IllFacts): Illness | undefined {
  const { node, member } = placed;
  if (node.ofNodeGroup === true || member.state === 'Standby') return undefined;
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
