/** Drift of one node: in what it differs from what its group would launch now (contract 9.1). Pure. */
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import type { GroupMember, Launched, LaunchPlan, LaunchSource } from '../aws/group.ts';
import { compareOrigin, nameOfSource, sourceOf } from './launch-source.ts';

export type DriftKind = 'ami' | 'launch-template' | 'instance-type' | 'age' | 'kubelet' | 'condition' | 'status-check';

export interface DriftReason {
  readonly kind: DriftKind;
  /** The difference in words: `runs ami-1, its group would launch ami-2 (lt-… version 7)`. */
  readonly text: string;
}

/** Facts that a node is compared with. */
export interface DriftFacts {
  readonly plan: LaunchPlan;
  /** EC2's facts about the instance; absent when unknown, without `at` when only the image is known. */
  readonly launched?: Pick<Launched, 'image'> & Partial<Launched>;
  /** The control plane's minor version, `1.33`; absent when unknown. */
  readonly controlPlane?: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Why it is ill; absent while it is not, or has to wait for its turn (ill-nodes.ts). */
  readonly illness?: DriftReason;
}

/** The verdict on one node. `stops`: a replacement would have drifted too, so replacing would never end. */
export type DriftVerdict =
  | { readonly kind: 'current' }
  | { readonly kind: 'drifted'; readonly reasons: readonly DriftReason[] }
  | { readonly kind: 'stops'; readonly reason: string };

/** Judges one node. A difference that is not known is no drift. */
export function judgeDrift(placed: PlacedNode, facts: DriftFacts, settings: DriftSettings): DriftVerdict {
  const { node, member } = placed;
  const { launched } = facts;
  const source = sourceOf(facts.plan, member);
  const origin = compareOrigin(member, source);
  if ((settings.ami || settings.kubelet) && origin === 'same' && isVain(source, launched)) {
    const runs = `${node.name} was launched from ${nameOfSource(source)} and runs ${launched.image}`;
    return { kind: 'stops', reason: `its group launches something else than it says: ${runs}, not ${source.image}` };
  }
  const reasons = [
    ...illness(facts),
    ...(settings.ami ? image(source, facts) : []),
    ...(settings.launchTemplate ? template(member, origin, source) : []),
    ...(settings.instanceType ? instanceType(member, facts) : []),
    ...age(placed, facts, settings),
    ...(settings.kubelet ? kubelet(placed, source, facts) : []),
  ];
  return reasons.length === 0 ? { kind: 'current' } : { kind: 'drifted', reasons };
}

/** Time after a change of an SSM parameter in which a launch may still have used the old value. */
const SETTLES_MS = 300_000;

/** Whether the instance has another image although it came from this source: a replacement would be the same. */
function isVain(
  { image, imageSince }: LaunchSource,
  launched: DriftFacts['launched'],
): launched is NonNullable<DriftFacts['launched']> {
  if (launched === undefined || launched.image === image) return false;
  const { at = 0 } = launched;
  return imageSince === undefined || at > imageSince + SETTLES_MS;
}

function illness({ illness: reason }: DriftFacts): DriftReason[] {
  return reason === undefined ? [] : [reason];
}

function image(source: LaunchSource, { launched }: DriftFacts): DriftReason[] {
  if (launched === undefined || launched.image === source.image) return [];
  const text = `runs ${launched.image}, its group would launch ${source.image} (${nameOfSource(source)})`;
  return [{ kind: 'ami', text }];
}

function template(
  { launchedFrom }: GroupMember,
  origin: ReturnType<typeof compareOrigin>,
  source: LaunchSource,
): DriftReason[] {
  if (launchedFrom === undefined || origin !== 'other') return [];
  const text = `was launched from ${nameOfSource(launchedFrom)}, its group would launch from ${nameOfSource(source)}`;
  return [{ kind: 'launch-template', text }];
}

function instanceType({ type }: GroupMember, { plan: { types } }: DriftFacts): DriftReason[] {
  if (types === undefined || types.includes(type)) return [];
  return [{ kind: 'instance-type', text: `is of type ${type}, its group would launch ${types.join(' or ')}` }];
}

/** Reports the age drift by the launch time, not by the age, so that the text on the node stays the same every day. */
function age({ node }: PlacedNode, { launched, now }: DriftFacts, { maxAgeSeconds }: DriftSettings): DriftReason[] {
  const since = launched?.at ?? node.createdAt;
  if (maxAgeSeconds === undefined || now - since <= maxAgeSeconds * 1_000) return [];
  const text = `exists since ${new Date(since).toISOString()}, longer than the ${lengthOf(maxAgeSeconds)} that it may`;
  return [{ kind: 'age', text }];
}

/** Reports the kubelet drift only with another image: a new node of the same image would have the same kubelet. */
function kubelet({ node }: PlacedNode, source: LaunchSource, { launched, controlPlane }: DriftFacts): DriftReason[] {
  const [own, theirs] = [minorOf(node.kubeletVersion), minorOf(controlPlane)];
  const isBehind = own !== undefined && theirs !== undefined && own < theirs;
  if (!isBehind || launched === undefined || launched.image === source.image) return [];
  return [{ kind: 'kubelet', text: `runs Kubernetes 1.${own}, the control plane 1.${theirs}` }];
}

/** Returns the minor version: 33 for `v1.33.4-eks-99d6cc0` or `1.33`. */
function minorOf(version: string | undefined): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}

function lengthOf(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${seconds / 3_600} hours`;
}
