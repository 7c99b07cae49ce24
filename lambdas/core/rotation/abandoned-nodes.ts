/** Nodes that a rotation has detached from their groups and that no retirement has in hand any more (contract 10.3). Pure. */
import type { Group } from '../aws/group.ts';
import type { FleetNode } from '../disruption/fleet.ts';
import { executionsOf, type Home } from '../notice/notice.ts';

/** A node whose replacement runs already, so that it only has to be drained and terminated. */
export interface AbandonedNode {
  readonly node: string;
  readonly instance: string;
  /** The group that it was in. */
  readonly group: string;
}

export interface DetachedFacts {
  readonly nodes: readonly FleetNode[];
  /** Enrolled groups. */
  readonly groups: readonly Group[];
  /** Instances that bear the tag of a rotation, each with the group that they say they were detached from. */
  readonly detached: ReadonlyMap<string, string>;
  /** Instances that a group has, or has again. */
  readonly members: ReadonlySet<string>;
  /** Names of the retirements that run. */
  readonly running: readonly string[];
  readonly home: Home;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A tag is a hint alone: the retirement asks AWS again whether it may end the instance (contract 1.3). */
export function abandonedNodes(facts: DetachedFacts): readonly AbandonedNode[] {
  const { nodes, groups, detached, members, running, home, now } = facts;
  const enrolled = new Set(groups.map(({ name }) => name));
  return nodes.flatMap(({ name: node, instance = '', leftDrained, coolDown }) => {
    const group = detached.get(instance) ?? '';
    if (!enrolled.has(group) || members.has(instance) || leftDrained === true) return [];
    if (coolDown !== undefined && now < coolDown.until) return [];
    const isInHand = running.some((execution) => execution.startsWith(executionsOf({ ...home, instance })));
    return isInHand ? [] : [{ node, instance, group }];
  });
}
