/**
 * Nodes that are ill: a condition, such as one of node-problem-detector or of EKS's node monitoring agent, has been bad
 * for longer than the settings allow (contract 1.2). Ebb replaces them as it replaces drifted ones. Pure.
 */
import type { PlacedNode } from '../disruption/fleet.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { DriftReason } from './drift.ts';

type IllSettings = Pick<DriftSettings, 'conditions' | 'illAtOnce'>;

/**
 * Returns why nodes are ill, by name. Of each group only those that have been for longest count, `illAtOnce` of them: the
 * others' turn comes when these have gone, or are well.
 *
 * @param now epoch milliseconds
 */
export function illNodes(
  placed: readonly PlacedNode[],
  settings: IllSettings,
  now: number,
): ReadonlyMap<string, DriftReason> {
  const ill = placed
    .flatMap((each) => {
      const illness = illnessOf(each, settings, now);
      return illness === undefined ? [] : [{ ...illness, name: each.node.name, group: each.group.name }];
    })
    .toSorted((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
  const counted = new Map<string, number>();
  const reasons = new Map<string, DriftReason>();
  for (const { name, group, text } of ill) {
    const before = counted.get(group) ?? 0;
    if (before >= settings.illAtOnce) continue;
    counted.set(group, before + 1);
    reasons.set(name, { kind: 'condition', text });
  }
  return reasons;
}

/** Managed node groups are left to EKS, which may repair their nodes by itself; Standby is for people who look into it. */
function illnessOf(
  { node, member }: PlacedNode,
  { conditions }: IllSettings,
  now: number,
): { readonly since: number; readonly text: string } | undefined {
  if (node.ofNodeGroup === true || member.state === 'Standby') return undefined;
  for (const { type, status, seconds } of conditions) {
    const bad = node.conditions?.find((condition) => condition.type === type && condition.status === status);
    if (bad === undefined || now - bad.since < seconds * 1_000) continue;
    const since = new Date(bad.since).toISOString();
    return { since: bad.since, text: `has had the condition ${type}=${status} since ${since}` };
  }
  return undefined;
}
