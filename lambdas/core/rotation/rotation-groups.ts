/**
 * The groups that a rotation replaces, in their order, and how far each is (contract 10.2). All of it is read from what
 * there is: no list is kept aside that could go stale. Pure.
 */
import type { Group } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import type { FleetState } from '../disruption/fleet-state.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import type { RotationRequest } from './rotation-request.ts';

/**
 * How a group's nodes are replaced. `in place`: a node of the control plane leaves before its replacement comes, which takes
 * over its volumes and addresses. `detach`: the group lets nodes go first, so that it never has more instances than its
 * MaxSize. `surge`: a managed node group keeps its instances, so its desired capacity rises first.
 */
export type Way = 'in place' | 'detach' | 'surge';

export interface RotatedGroup {
  readonly group: Group;
  readonly way: Way;
  /** Nodes that are still to be replaced and that no retirement has in hand. */
  readonly old: readonly PlacedNode[];
  /** Instances that a retirement has in hand. */
  readonly inHand: readonly string[];
  /** Nodes that could not be replaced in this run. */
  readonly failed: readonly FailedNode[];
  /** Nodes that pods are to stay on: they are left. */
  readonly kept: readonly FailedNode[];
  /** Number of its nodes that are new. */
  readonly done: number;
}

export interface FailedNode {
  readonly node: string;
  readonly reason: string;
}

export interface RotationFacts extends FleetState {
  readonly request: RotationRequest;
  /** Nodes made before this are old, and this run began at that time, epoch milliseconds. */
  readonly since: number;
  readonly startedAt: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Retirements of requests that run, by instance, each with the group that it is or was in. */
  readonly underWay: ReadonlyMap<string, string>;
  /** Names of the nodes that have drifted; needed where only they are replaced. */
  readonly drifted: ReadonlySet<string>;
}

/** Tags and parts of names by which groups of a control plane are known: kops' tags, and rotator's rule. */
const CONTROL_PLANE_TAGS = ['k8s.io/role/control-plane', 'k8s.io/role/master'];
const CONTROL_PLANE_NAME = /control-?plane|master/i;

export function isControlPlane({ name, tags }: Pick<Group, 'name' | 'tags'>): boolean {
  return CONTROL_PLANE_TAGS.some((tag) => tags[tag] === '1') || CONTROL_PLANE_NAME.test(name);
}

/** The groups that are rotated: the control plane's first, each kind in the order of its names. */
export function rotatedGroups(facts: RotationFacts): readonly RotatedGroup[] {
  const { groups, foreign, fleet, cluster, request } = facts;
  const here = new Set([
    ...cluster.groups.map(({ name }) => name),
    ...fleet.placed.map(({ group }) => group.name),
    ...facts.underWay.values(),
  ]);
  return groups
    .filter(({ name }) => here.has(name) && !foreign.has(name))
    .filter(({ name }) => request.groups?.includes(name) ?? true)
    .filter((group) => (isControlPlane(group) ? request.rotateControlPlane : request.rotateWorkers))
    .toSorted((a, b) => Number(isControlPlane(b)) - Number(isControlPlane(a)) || (a.name < b.name ? -1 : 1))
    .map((group) => rotatedGroup(group, facts));
}

function rotatedGroup(group: Group, facts: RotationFacts): RotatedGroup {
  const placed = facts.fleet.placed.filter((each) => each.group.name === group.name && each.node.owner === undefined);
  const inHand = [...facts.underWay].flatMap(([instance, name]) => (name === group.name ? [instance] : []));
  const isInHand = ({ member }: PlacedNode): boolean => inHand.includes(member.instance);
  const old = placed.filter((each) => isOld(each, facts) && !isInHand(each));
  const failures = old.flatMap((each) => failureOf(each, facts));
  const failed = new Set(failures.map(({ node }) => node));
  return {
    group,
    way: isControlPlane(group) ? 'in place' : group.nodeGroup === undefined ? 'detach' : 'surge',
    // One that is on its way out already has its hook, and needs nobody's help.
    old: old.filter(({ node, member }) => member.state === IN_SERVICE && !failed.has(node.name)),
    inHand,
    failed: failures.filter(({ isKept }) => !isKept).map(({ node, reason }) => ({ node, reason })),
    kept: failures.filter(({ isKept }) => isKept).map(({ node, reason }) => ({ node, reason })),
    done: placed.filter((each) => !isOld(each, facts)).length,
  };
}

function isOld({ node }: PlacedNode, { request, since, drifted }: RotationFacts): boolean {
  return request.only === 'drifted' ? drifted.has(node.name) : node.createdAt < since;
}

/** A retirement that fails leaves its node to cool down, and says why. One from before this run does not count. */
function failureOf(
  { node }: PlacedNode,
  { cluster, startedAt }: RotationFacts,
): readonly (FailedNode & { readonly isKept: boolean })[] {
  const { name, coolDown } = node;
  if (coolDown === undefined) return [];
  const { until, reason, kept = false } = coolDown;
  const begun = until - cluster.tainted.retryAfterSeconds * 1000;
  return begun < startedAt ? [] : [{ node: name, reason, isKept: kept }];
}
