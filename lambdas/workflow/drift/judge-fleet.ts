/** Holds the nodes of a cluster against what their groups would launch (contract 9.1). */
import type { ClusterSettings, DriftSettings } from '../../core/settings/cluster-settings.ts';
import { imageByOrigin, judgeDrift } from '../../core/drift/drift.ts';
import type { Judged } from '../../core/drift/decision.ts';
import type { PlacedNode } from '../../core/disruption/fleet.ts';
import type { Group, LaunchPlan } from '../../core/aws/group.ts';
import { isPooled } from '../../core/aws/lifecycle-state.ts';
import type { Launches } from '../ports/ec2.ts';
import type { ControlPlanes } from '../ports/eks.ts';
import { vainGroups } from './vain-groups.ts';

export interface JudgePorts {
  readonly launches: Launches;
  readonly controlPlanes: ControlPlanes;
}

export interface FleetVerdicts {
  /** Of the nodes of which it can be told. */
  readonly judged: readonly Judged[];
  /** Groups of which it cannot be told, and why: nothing of theirs is changed. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Groups whose replacements have drifted themselves, and why that is known. */
  readonly vain: ReadonlyMap<string, string>;
  /** Images by instance, of those of which only their origin was looked at (`imageByOrigin`), and EC2 not asked. */
  readonly byOrigin: ReadonlyMap<string, string>;
}

/** @param mistaken groups of which no origin is believed: EC2 is asked of each node */
export async function judgeFleet(
  placed: readonly PlacedNode[],
  { name, drift }: Pick<ClusterSettings, 'name' | 'drift'>,
  { launches, controlPlanes }: JudgePorts,
  mistaken: ReadonlySet<string> = new Set(),
): Promise<FleetVerdicts> {
  if (!drift.enabled) return nothingCounts(placed);
  const { plans, unknown } = await plansOf([...new Set(placed.map(({ group }) => group))], launches);
  // Those of a warm pool serve nobody: there is nothing to drain.
  const told = placed.filter(({ group, member }) => plans.has(group.name) && !isPooled(member.state));
  // EC2 has kilobytes to tell of each: it is asked only of those of whom nothing else says what is needed.
  const believed = told.filter(({ group }) => onlyImagesCount(drift) && !mistaken.has(group.name));
  const byOrigin = imagesByOrigin(believed, plans);
  const asked = told.map(({ member }) => member.instance).filter((instance) => !byOrigin.has(instance));
  const launched = needsLaunched(drift) ? await launches.launched(asked) : undefined;
  const controlPlane = drift.kubelet ? await controlPlanes.version(name) : undefined;
  const now = Date.now();
  const judged = told.flatMap((each): Judged[] => {
    const plan = plans.get(each.group.name);
    const image = byOrigin.get(each.member.instance);
    const how = image === undefined ? launched?.get(each.member.instance) : { image };
    // An instance that EC2 does not know is gone, or has only just come: no reason to mark its node, nor to unmark it.
    if (plan === undefined || (launched !== undefined && how === undefined)) return [];
    // What a refresh put in the place of its root volume, only Auto Scaling tells.
    const runs = how && { ...how, image: each.member.image ?? how.image };
    const facts = { plan, now, ...(runs && { launched: runs }), ...(controlPlane !== undefined && { controlPlane }) };
    return [{ placed: each, verdict: judgeDrift(each, facts, drift) }];
  });
  return { judged, unknown, vain: await vainGroups(judged, plans, drift, launches), byOrigin };
}

function imagesByOrigin(
  placed: readonly PlacedNode[],
  plans: ReadonlyMap<string, LaunchPlan>,
): ReadonlyMap<string, string> {
  const images = new Map<string, string>();
  for (const { group, member } of placed) {
    const plan = plans.get(group.name);
    const image = plan && imageByOrigin(member, plan);
    if (image !== undefined) images.set(member.instance, image);
  }
  return images;
}

/** Nodes that were marked while it did are marked no more. */
function nothingCounts(placed: readonly PlacedNode[]): FleetVerdicts {
  const judged = placed.map((each): Judged => ({ placed: each, verdict: { kind: 'current' } }));
  return { judged, unknown: new Map(), vain: new Map(), byOrigin: new Map() };
}

async function plansOf(
  groups: readonly Group[],
  launches: Launches,
): Promise<{ plans: ReadonlyMap<string, LaunchPlan>; unknown: ReadonlyMap<string, string> }> {
  const answers = groups.length === 0 ? new Map<string, never>() : await launches.plans(groups);
  const plans = new Map<string, LaunchPlan>();
  const unknown = new Map<string, string>();
  for (const { name } of groups) {
    const plan = answers.get(name) ?? { fault: 'what it would launch cannot be told' };
    if ('fault' in plan) unknown.set(name, plan.fault);
    else plans.set(name, plan);
  }
  return { plans, unknown };
}

/** Of all that EC2 could tell. */
function onlyImagesCount({ ami, kubelet, maxAgeSeconds }: DriftSettings): boolean {
  return (ami || kubelet) && maxAgeSeconds === undefined;
}

function needsLaunched({ ami, kubelet, maxAgeSeconds }: DriftSettings): boolean {
  return ami || kubelet || maxAgeSeconds !== undefined;
}
