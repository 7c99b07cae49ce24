/**
 * The fleet: the nodes of a cluster as the drift tainter and the sweep see them, each with the fields that decide
 * whether it is to go, may go, or is unavailable (contract 9). Small, because there may be thousands. Pure.
 */
import { DRIFT_ANNOTATION, RETIRING_LABEL } from '../node/marks.ts';
import type { Group, GroupMember } from '../aws/group.ts';
import { ownershipOf } from '../node/isolation.ts';
import { instanceOf, type Node, type NodeCondition, type Taint } from '../kubernetes/node.ts';
import { credibleCoolDown, type CoolDown } from '../node/cool-down.ts';
import { neighbourOn } from '../node/neighbours.ts';

export interface FleetNode {
  readonly name: string;
  /** Absent for nodes that are no EC2 instance. */
  readonly instance?: string;
  readonly createdAt: number;
  /** Since when it has not been Ready, epoch milliseconds; absent while it is. */
  readonly notReadySince?: number;
  readonly unschedulable: boolean;
  /** The node has the label of a retirement. */
  readonly retiring: boolean;
  /** The label has no owner annotation, so anybody may have set it: it does not use up budgets (contract 3.5). */
  readonly unsigned?: true;
  /** A retirement has drained it and left it as it is (contract 8.2). */
  readonly leftDrained?: true;
  readonly taints: readonly Taint[];
  /** Text of the drift annotation. */
  readonly driftMark?: string;
  readonly coolDown?: CoolDown;
  /** The controller that makes and ends this node by itself: Ebb leaves such nodes alone (contract 9.5). */
  readonly owner?: 'Karpenter' | 'EKS Auto Mode';
  readonly kubeletVersion?: string;
  /** Who else drains or quarantines the node now (neighbours.ts). */
  readonly neighbour?: string;
  /** Whether it is of an EKS managed node group. */
  readonly ofNodeGroup?: true;
  readonly conditions?: readonly NodeCondition[];
}

const NODE_GROUP_LABEL = 'eks.amazonaws.com/nodegroup';

const OWNER_LABELS: readonly [label: string, value: string | undefined, owner: NonNullable<FleetNode['owner']>][] = [
  ['eks.amazonaws.com/compute-type', 'auto', 'EKS Auto Mode'],
  ['karpenter.sh/nodepool', undefined, 'Karpenter'],
  ['karpenter.sh/provisioner-name', undefined, 'Karpenter'],
];

/** @param at bounds of a credible cool-down (cool-down.ts) */
export function fleetNode(node: Node, at: { now: number; longestCoolDownMs: number }): FleetNode {
  const { name, createdAt, notReadySince, unschedulable, taints, labels, annotations, kubeletVersion, conditions } =
    node;
  const instance = instanceOf(node);
  const driftMark = annotations[DRIFT_ANNOTATION];
  const coolDown = credibleCoolDown(node, at);
  const owner = ownerOf(labels);
  const neighbour = neighbourOn(node);
  return {
    name,
    createdAt,
    unschedulable,
    taints,
    ...retirementOf(node),
    ...(instance !== undefined && { instance }),
    ...(notReadySince !== undefined && { notReadySince }),
    ...(driftMark !== undefined && { driftMark }),
    ...(coolDown !== undefined && { coolDown }),
    ...(owner !== undefined && { owner }),
    ...(neighbour !== undefined && { neighbour }),
    ...(kubeletVersion !== undefined && { kubeletVersion }),
    ...(NODE_GROUP_LABEL in labels && { ofNodeGroup: true }),
    ...(conditions !== undefined && { conditions }),
  };
}

function retirementOf(node: Node): Pick<FleetNode, 'retiring' | 'unsigned' | 'leftDrained'> {
  if (!(RETIRING_LABEL in node.labels)) return { retiring: false };
  const ownership = ownershipOf(node);
  if (ownership === undefined) return { retiring: true, unsigned: true };
  return { retiring: true, ...(ownership.leftDrained && { leftDrained: true }) };
}

function ownerOf(labels: Node['labels']): FleetNode['owner'] {
  return OWNER_LABELS.find(
    ([label, value]) => label in labels && (value === undefined || labels[label] === value),
  )?.[2];
}

/** A node, its member in a group, and that group. */
export interface PlacedNode {
  readonly node: FleetNode;
  readonly member: GroupMember;
  readonly group: Group;
}

export interface Fleet {
  readonly placed: readonly PlacedNode[];
  /** Nodes whose instance is in none of the groups. */
  readonly strays: readonly FleetNode[];
}

export function placeNodes(nodes: readonly FleetNode[], groups: readonly Group[]): Fleet {
  const places = new Map(
    groups.flatMap((group) => group.members.map((member) => [member.instance, { member, group }])),
  );
  const placed: PlacedNode[] = [];
  const strays: FleetNode[] = [];
  for (const node of nodes) {
    const place = places.get(node.instance ?? '');
    if (place === undefined) strays.push(node);
    else placed.push({ node, ...place });
  }
  return { placed, strays };
}

export function nodesByInstance({ placed }: Fleet): ReadonlyMap<string, FleetNode> {
  return new Map(placed.map(({ node, member }) => [member.instance, node]));
}
