/** Compares the nodes of a cluster with what their groups would launch (contract 9.1). Pure. */
import type { Launched, LaunchPlan } from '../aws/group.ts';
import { isPooled } from '../aws/lifecycle-state.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import { openQuestions, type Answers, type Undecided } from '../disruption/questions.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import { ailingGroups } from './ailing-groups.ts';
import type { Judged } from './decision.ts';
import { judgeDrift, type DriftReason } from './drift.ts';
import { illNodes } from './ill-nodes.ts';
import { comparedNodes, replaceableNodes, type ClusterFacts } from './facts.ts';
import { imagesByOrigin } from './origins.ts';
import { vainGroups } from './vain-groups.ts';

export interface FleetVerdicts {
  /** Nodes with a verdict. */
  readonly judged: readonly Judged[];
  /** Groups that are stopped because there are no verdicts, or because replacing is in vain; by name, and why. */
  readonly unjudged: ReadonlyMap<string, string>;
  /** Groups that are stopped because a node of the current image ails; by name, and why. */
  readonly ailing: ReadonlyMap<string, string>;
  /** Images by instance that are known from the origin alone (origins.ts). */
  readonly byOrigin: ReadonlyMap<string, string>;
}

export function judgeFleet(facts: ClusterFacts, answers: Answers): FleetVerdicts | Undecided {
  const { drift } = facts.cluster;
  const compared = comparedNodes(facts);
  const foreign = foreignHere(facts);
  if (!drift.enabled) return nothingCounts(compared, foreign);
  const { plans, faults } = plansOf(compared, facts);
  // Instances of a warm pool serve nobody: there is nothing to drain.
  const told = compared.filter(({ group, member }) => plans.has(group.name) && !isPooled(member.state));
  // EC2's answer has kilobytes for each instance. It is not needed where the origin has the image.
  const byOrigin = onlyImagesCount(drift) ? imagesByOrigin(told, plans, answers.launched) : new Map<string, string>();
  const instances = told.map(({ member }) => member.instance).filter((instance) => !byOrigin.has(instance));
  const open = needsLaunched(drift) ? openQuestions({ instances }, answers) : undefined;
  if (open !== undefined) return open;
  const ill = illNodes(told, drift, facts, answers);
  if ('asks' in ill) return ill;
  const known = { plans, byOrigin, launched: answers.launched, ill: ill.reasons };
  const judged = told.flatMap((placed) => judge(placed, facts, known));
  const vain = vainGroups(judged, plans, drift, answers);
  if ('asks' in vain) return vain;
  const unjudged = new Map([...faults, ...ill.unknown, ...foreign, ...vain]);
  return { judged, unjudged, ailing: ailingGroups(judged, drift, facts.now), byOrigin };
}

interface Known {
  readonly plans: ReadonlyMap<string, LaunchPlan>;
  readonly byOrigin: FleetVerdicts['byOrigin'];
  readonly launched: Answers['launched'];
  readonly ill: ReadonlyMap<string, DriftReason>;
}

/** Judges one node. An instance that EC2 does not know is gone or new: no verdict, and its marks stay as they are. */
function judge(placed: PlacedNode, { cluster, controlPlane, now }: ClusterFacts, known: Known): Judged[] {
  const { member, group } = placed;
  const plan = known.plans.get(group.name);
  const launched = needsLaunched(cluster.drift) ? launchedAs(placed, known) : undefined;
  if (plan === undefined || (launched === undefined && needsLaunched(cluster.drift))) return [];
  // Only Auto Scaling has the image of a root volume that an instance refresh replaced.
  const runs = launched && { ...launched, image: member.image ?? launched.image };
  const illness = known.ill.get(placed.node.name);
  const facts = {
    plan,
    now,
    ...(runs && { launched: runs }),
    ...(controlPlane !== undefined && { controlPlane }),
    ...(illness && { illness }),
  };
  return [{ placed, verdict: judgeDrift(placed, facts, cluster.drift) }];
}

function launchedAs(
  { member: { instance } }: PlacedNode,
  { byOrigin, launched }: Pick<Known, 'byOrigin' | 'launched'>,
): Launched | Pick<Launched, 'image'> | undefined {
  const image = byOrigin.get(instance);
  return image === undefined ? launched.get(instance) : { image };
}

/** Counts all nodes as current, because drift is disabled: marks from before come off. */
function nothingCounts(placed: readonly PlacedNode[], unjudged: ReadonlyMap<string, string>): FleetVerdicts {
  const judged = placed.map((each): Judged => ({ placed: each, verdict: { kind: 'current' } }));
  return { judged, unjudged, ailing: new Map(), byOrigin: new Map() };
}

/** Foreign groups with a node here, and why they are left alone. */
function foreignHere(facts: ClusterFacts): ReadonlyMap<string, string> {
  const here = new Set(replaceableNodes(facts).map(({ group }) => group.name));
  return new Map([...facts.foreign].filter(([name]) => here.has(name)));
}

function plansOf(
  compared: readonly PlacedNode[],
  { plans: read }: ClusterFacts,
): { plans: ReadonlyMap<string, LaunchPlan>; faults: ReadonlyMap<string, string> } {
  const plans = new Map<string, LaunchPlan>();
  const faults = new Map<string, string>();
  for (const name of new Set(compared.map(({ group }) => group.name))) {
    const plan = read.get(name) ?? { fault: 'what it would launch cannot be told' };
    if ('fault' in plan) faults.set(name, plan.fault);
    else plans.set(name, plan);
  }
  return { plans, faults };
}

/** Whether the settings need only the image of what EC2 returns about an instance. */
function onlyImagesCount({ ami, kubelet, maxAgeSeconds }: DriftSettings): boolean {
  return (ami || kubelet) && maxAgeSeconds === undefined;
}

/** Whether a setting needs what EC2 returns about an instance. */
function needsLaunched({ ami, kubelet, maxAgeSeconds }: DriftSettings): boolean {
  return ami || kubelet || maxAgeSeconds !== undefined;
}
