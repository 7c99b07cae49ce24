/** Builders for what the drift tainter and the sweep decide by: settings, nodes, and groups with their nodes. */
import type { ClusterSettings } from '../lambdas/core/settings/cluster-settings.ts';
import { placeNodes, type Fleet, type FleetNode, type PlacedNode } from '../lambdas/core/disruption/fleet.ts';
import type { Group, GroupMember } from '../lambdas/core/aws/group.ts';
import { parseClusterParameter } from '../lambdas/entry/configuration/configuration.ts';
import { aGroup, aMember, HOUR, NOON } from './given.ts';

/** Cluster `production` with the group `workers`, one node of which may be out, all else by default. */
export function aCluster(given: object = {}): ClusterSettings {
  const { budget = {}, ...others } = given as { budget?: unknown };
  const within = typeof budget === 'object' ? { nodes: 1, ...budget } : budget;
  const cluster = { name: 'production', groups: [{ name: 'workers' }], budget: within, ...others };
  return parseClusterParameter(JSON.stringify(cluster));
}

/** Ready, schedulable, without marks; its instance follows from its number. */
export function aFleetNode(number: number, given: Partial<FleetNode> = {}): FleetNode {
  return {
    name: nodeName(number),
    instance: instanceId(number),
    createdAt: NOON - 24 * HOUR,
    unschedulable: false,
    retiring: false,
    taints: [],
    kubeletVersion: 'v1.33.4-eks-99d6cc0',
    ...given,
  };
}

/** In the order of their numbers, up to 99. */
export function nodeName(number: number): string {
  return `node-${String(number).padStart(2, '0')}`;
}

export function instanceId(number: number): string {
  return `i-${number.toString(16).padStart(17, '0')}`;
}

/** What is peculiar about one node or its instance; `absent`: the instance has no node. */
export interface Peculiar {
  readonly node?: Partial<FleetNode>;
  readonly member?: Partial<GroupMember>;
  readonly absent?: true;
}

/** A group with nodes of these numbers, and the nodes. */
export function aCrew(
  numbers: readonly number[],
  peculiar: Readonly<Record<number, Peculiar>> = {},
  group: Partial<Group> = {},
): { readonly group: Group; readonly nodes: readonly FleetNode[] } {
  const name = group.name ?? 'workers';
  return {
    group: aGroup({
      members: numbers.map((number) =>
        aMember({ instance: instanceId(number), group: name, ...peculiar[number]?.member }),
      ),
      ...group,
    }),
    nodes: numbers.flatMap((number) => (peculiar[number]?.absent ? [] : [aFleetNode(number, peculiar[number]?.node)])),
  };
}

export function fleetOf(...crews: readonly ReturnType<typeof aCrew>[]): Fleet {
  return placeNodes(
    crews.flatMap(({ nodes }) => nodes),
    crews.map(({ group }) => group),
  );
}

/** One node in a group of one. */
export function aPlaced({ node, member }: Peculiar = {}, group: Partial<Group> = {}): PlacedNode {
  const [placed] = fleetOf(aCrew([1], { 1: { ...(node && { node }), ...(member && { member }) } }, group)).placed;
  if (placed === undefined) throw new Error('the node is in no group');
  return placed;
}

/** 1, 2, ..., `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
