/**
 * Nodes whose instances are in no enrolled group. Those that bear a drain taint whose release is `leave` are drained all
 * the same, because nothing is asked of a group for that (contract 9.5). Budgets count them as a group of their own. Pure.
 */
import { drainTaint, releaseFor } from '../node/drain-taints.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import type { Fleet, FleetNode, PlacedNode } from './fleet.ts';
import type { Group, GroupMember, Member } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';

/** Stands for the group that these nodes do not have. No group of AWS's is called so: their names have no blanks. */
export const OUTSIDE = 'no enrolled group';

/** Whether a node without an enrolled group is to be drained, and its instance left. */
export function isLeftOutside(node: FleetNode, cluster: Pick<ClusterSettings, 'drift' | 'tainted'>): boolean {
  const taint = drainTaint(node, cluster);
  return taint !== undefined && releaseFor(taint, cluster) === 'leave' && node.owner === undefined;
}

/**
 * The fleet with its strays in a group of their own, where any of them is to be drained and left; otherwise as it is.
 *
 * @param members those of them that are in some group nevertheless, with their states there
 */
export function withOutside(
  fleet: Fleet,
  cluster: Pick<ClusterSettings, 'drift' | 'tainted'>,
  members: readonly Member[],
): { fleet: Fleet; outside?: readonly Group[] } {
  if (!fleet.strays.some((node) => isLeftOutside(node, cluster))) return { fleet };
  const states = new Map(members.map(({ instance, state }) => [instance, state]));
  const found = fleet.strays.flatMap((node): { node: FleetNode; member: GroupMember }[] => {
    // Whoever makes and ends a node by itself replaces it too.
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
