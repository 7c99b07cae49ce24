/** Reads since when the instances run that have no node. */
import type { Group } from '../../core/aws/group.ts';
import { IN_SERVICE } from '../../core/aws/lifecycle-state.ts';
import type { FleetNode } from '../../core/disruption/fleet.ts';
import type { Arrivals } from '../../core/rotation/replacement.ts';
import type { Launches } from '../ports/ec2.ts';

/** @param all every node of the cluster */
export async function readArrivals(
  groups: readonly Group[],
  all: readonly FleetNode[],
  launches: Pick<Launches, 'launched'>,
): Promise<Arrivals> {
  const nodes = new Map(all.flatMap((node) => (node.instance === undefined ? [] : [[node.instance, node] as const])));
  const withoutNode = groups
    .flatMap(({ members }) => members)
    .filter(({ instance, state }) => state === IN_SERVICE && !nodes.has(instance))
    .map(({ instance }) => instance);
  const launched = withoutNode.length === 0 ? [] : await launches.launched(withoutNode);
  return { nodes, launchedAt: new Map([...launched].map(([instance, { startedAt }]) => [instance, startedAt])) };
}
