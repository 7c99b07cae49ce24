/**
 * Outside nodes: nodes whose instances are in no enrolled group. One with a drain taint whose release is `leave` is
 * drained all the same, because that needs no group (contract 9.5). Budgets count them as a group of their own. Pure.
 */
import { drainTaint, releaseFor } from '../node/drain-taints.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import type { Fleet, FleetNode, PlacedNode } from './fleet.ts';
import type { Group, GroupMember, Member } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';

/** Name of the group that stands for outside nodes. No group in AWS has it: their names have no blanks. */
export const OUTSIDE = 'no enrolled group';

/** Whether an outside node is to be drained, and its instance left. */
export function isLeftOutside(node: FleetNode, cluster: Pick<ClusterSettings, 'drift' | 'tainted'>): boolean {
  const taint = drainTaint(node, cluster);
  return taint !== undefined && releaseFor(taint, cluster) === 'leave' && node.owner === undefined;
}

/**
 * Returns the fleet with its strays in a group of their own, if any of them is to be drained; otherwise unchanged.
 *
 * @param members members of groups that are not enrolled, with their states
 */
export function withOutside(
  fleet: Fleet,
  cluster: Pick<ClusterSettings, 'drift' | 'tainted'>,
  members: readonly Member[],
): { fleet: Fleet; outside?: readonly Group[] } {
  if (!fleet.strays.some((node) => isLeftOutside(node, cluster))) return { fleet };
  const states = new Map(members.map(({ instance, state }) => [instance, state]));
  const found = fleet.strays.flatMap((node): { node: FleetNode; member: GroupMember }[] => {
    // A controller that makes and ends nodes by itself replaces them too.
    if (node.instance === undefined || node.owner !== undefined) return [];
    const { instance } = node;
    return [
      { node, member: { instance, group: OUTSIDE, state: states.get(instance) ?? IN_SERVICE, zone: '', type: '' } },
    ];
  });
  const outside: Group = {
    name: OUTSIDE,
    desired: found.length,
    tags: {},
    suspended: [],
    launch: { overrides: [], byRequirements: false },
    members: found.map(({ member }) => member),
  };
  const placed = found.map((each): PlacedNode => ({ ...each, group: outside }));
  const names = new Set(placed.map(({ node }) => node.name));
  return {
    fleet: { placed: [...fleet.placed, ...placed], strays: fleet.strays.filter(({ name }) => !names.has(name)) },
    outside: [outside],
  };
}
