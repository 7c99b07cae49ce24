/**
 * Whether a group is whole again: it has as many instances in service as it wants, and the nodes of those that it has
 * launched lately are Ready (contract 10.2). Until then nothing of it is drained. Pure.
 */
import type { Group, GroupMember } from '../aws/group.ts';
import { IN_SERVICE, isComing } from '../aws/lifecycle-state.ts';
import type { FleetNode } from '../disruption/fleet.ts';
import type { Taint } from '../kubernetes/node.ts';

/** Nodes by instance, and when instances without one were launched, epoch milliseconds. */
export interface Arrivals {
  readonly nodes: ReadonlyMap<string, FleetNode>;
  readonly launchedAt: ReadonlyMap<string, number>;
}

/** An instance that the group has launched lately, and what it lacks to take pods. */
export interface UnfitReplacement {
  readonly instance: string;
  readonly why: string;
}

/** Clocks of AWS and Kubernetes may differ by this much. */
const SKEW_MS = 60_000;

/** Prefix of taints that nodes bear until they may take pods (Cluster Autoscaler). */
const STARTUP_PREFIX = 'startup-taint.cluster-autoscaler.kubernetes.io/';

/** Taints that agents take off once they run on a new node: CNI plugins, CSI drivers, the cloud controller, kubelets. */
const STARTUP_KEYS: ReadonlySet<string> = new Set([
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/network-unavailable',
  'node.cloudprovider.kubernetes.io/uninitialized',
  'node.cilium.io/agent-not-ready',
  'ebs.csi.aws.com/agent-not-ready',
  'efs.csi.aws.com/agent-not-ready',
  'fsx.csi.aws.com/agent-not-ready',
  's3.csi.aws.com/agent-not-ready',
  'karpenter.sh/unregistered',
]);

/**
 * What the group waits for, in words; empty when it is whole.
 *
 * @param since when its first instance was taken out, epoch milliseconds: what was launched before it may be ill for
 *   reasons of its own
 */
export function missingOf(group: Group, arrivals: Arrivals, since: number): readonly string[] {
  const serving = weightOf(group.members.filter(({ state }) => state === IN_SERVICE));
  const lack = serving < group.desired ? [`${serving} of ${group.desired} of ${group.name} are in service`] : [];
  return [...lack, ...unfitReplacements(group, arrivals, since).map(({ instance, why }) => `${instance} ${why}`)];
}

/** The instances that the group has launched since then and that cannot take pods yet, in the order of their ids. */
export function unfitReplacements(group: Group, arrivals: Arrivals, since: number): readonly UnfitReplacement[] {
  return group.members
    .filter(({ state }) => isComing(state))
    .flatMap((member) => {
      const why = unfitness(member, arrivals, since - SKEW_MS);
      return why === undefined ? [] : [{ instance: member.instance, why }];
    })
    .toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
}

/**
 * The instances that the group has launched since then: those that cannot take pods first, each kind in the order of
 * their ids.
 */
export function replacementsSince(group: Group, arrivals: Arrivals, since: number): readonly string[] {
  const unfit = unfitReplacements(group, arrivals, since).map(({ instance }) => instance);
  const fit = group.members
    .filter(({ instance, state }) => isComing(state) && !unfit.includes(instance))
    .filter(({ instance }) => (arrivals.nodes.get(instance)?.createdAt ?? 0) >= since - SKEW_MS)
    .map(({ instance }) => instance);
  return [...unfit, ...fit.toSorted()];
}

/**
 * The instance that goes when one that was detached comes back; undefined when none has come for it: then the group is told
 * not to launch one, and what else it has launched meanwhile stays.
 *
 * @param detached when that was, epoch milliseconds, and how many others come back before it
 */
export function superfluous(
  group: Group,
  arrivals: Arrivals,
  { detachedAt, rank }: { readonly detachedAt: number; readonly rank: number },
): string | undefined {
  const unfit = unfitReplacements(group, arrivals, detachedAt).map(({ instance }) => instance);
  const isLacking = weightOf(group.members.filter(({ state }) => isComing(state))) < group.desired;
  const candidates = isLacking ? unfit : replacementsSince(group, arrivals, detachedAt);
  // Those before it may have removed theirs meanwhile.
  return candidates[Math.min(rank, candidates.length - 1)];
}

function unfitness({ instance, state }: GroupMember, arrivals: Arrivals, since: number): string | undefined {
  const node = arrivals.nodes.get(instance);
  const launchedAt = node?.createdAt ?? arrivals.launchedAt.get(instance);
  // One that nobody knows the age of is new: EC2 has not heard of it yet.
  if (launchedAt !== undefined && launchedAt < since) return undefined;
  if (state !== IN_SERVICE) return `is ${state}`;
  if (node === undefined) return 'has no node';
  if (node.notReadySince !== undefined) return `has node ${node.name}, which is not Ready`;
  const startup = node.taints.find(isStartupTaint);
  return startup && `has node ${node.name} with startup taint ${startup.key}`;
}

function isStartupTaint({ key }: Taint): boolean {
  return key.startsWith(STARTUP_PREFIX) || STARTUP_KEYS.has(key);
}

function weightOf(members: readonly GroupMember[]): number {
  return members.reduce((sum, { weight = 1 }) => sum + weight, 0);
}
