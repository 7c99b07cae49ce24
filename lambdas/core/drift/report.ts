/** The report about a cluster's drift, for people (contract 9.6). Pure. */
import type { Decision, Drifted } from './decision.ts';
import type { DriftDecision } from './decide-drift.ts';
import { replaceableNodes, type ClusterFacts } from './facts.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import type { Allowances } from '../disruption/allowance.ts';

export interface DriftReport {
  readonly cluster: string;
  /** Epoch milliseconds, as are all times here. */
  readonly at: number;
  /** Why the cluster could not be read; all lists are empty then. */
  readonly away?: string;
  /** Groups with nodes in the cluster, and groups that the configuration names. */
  readonly groups: readonly GroupReport[];
  /** Nodes that have drifted. */
  readonly nodes: readonly DriftedNode[];
  /** Names of nodes in none of the groups. They are left alone, except that their drift marks come off. */
  readonly strays: readonly string[];
  /** Number of nodes of Karpenter or EKS Auto Mode, which are left alone. */
  readonly left: number;
}

export interface GroupReport {
  readonly group: string;
  readonly nodes: number;
  readonly drifted: number;
  /** How many more of its nodes may be disrupted now, before this run lets any go. */
  readonly allowance: number;
  /** Why the group is left alone altogether. */
  readonly stopped?: string;
  /** The limit of the allowance in words. */
  readonly why?: string;
  /** When the allowance changes by the clock alone. */
  readonly opensAt?: number;
}

export interface DriftedNode extends Decision {
  readonly node: string;
  readonly instance: string;
  readonly group: string;
  readonly zone: string;
  /** Reasons of drift, in words. */
  readonly reasons: readonly string[];
}

export function awayReport(cluster: string, at: number, away: string): DriftReport {
  return { cluster, at, away, groups: [], nodes: [], strays: [], left: 0 };
}

export function driftReport(
  facts: ClusterFacts,
  { drifted, decisions, allowances }: DriftDecision,
  at: number,
): DriftReport {
  const { cluster, fleet } = facts;
  const placed = replaceableNodes(facts);
  const strays = fleet.strays.filter(({ owner }) => owner === undefined);
  return {
    cluster: cluster.name,
    at,
    groups: [...reportGroups(placed, drifted, allowances), ...reportEmpty(facts, placed)],
    nodes: reportNodes(drifted, decisions),
    strays: strays.map(({ name }) => name),
    left: fleet.placed.length - placed.length + fleet.strays.length - strays.length,
  };
}

function reportGroups(
  placed: readonly PlacedNode[],
  drifted: readonly Drifted[],
  allowances: Allowances,
): GroupReport[] {
  const nodes = counts(placed);
  const old = counts(drifted.map((each) => each.placed));
  return [...nodes].map(([group, count]) => {
    const allowance = allowances.groups.get(group);
    return {
      group,
      nodes: count,
      drifted: old.get(group) ?? 0,
      allowance: allowance?.count ?? 0,
      ...(allowance?.why !== undefined && (allowance.stopped ? { stopped: allowance.why } : { why: allowance.why })),
      ...(allowance?.opensAt !== undefined && { opensAt: allowance.opensAt }),
    };
  });
}

/** Reports groups without a node that the configuration names. */
function reportEmpty({ cluster, groups, foreign }: ClusterFacts, placed: readonly PlacedNode[]): GroupReport[] {
  const there = new Set(placed.map(({ group }) => group.name));
  return cluster.groups
    .map(({ name }) => name)
    .filter((name) => !there.has(name))
    .map((name) => {
      const members = groups.find((group) => group.name === name)?.members.length;
      return { group: name, nodes: 0, drifted: 0, allowance: 0, stopped: foreign.get(name) ?? whyEmpty(members) };
    });
}

function whyEmpty(members: number | undefined): string {
  if (members === undefined) return 'there is no Auto Scaling group of that name';
  return members === 0 ? 'it has no instances' : 'none of its instances is a node of this cluster';
}

function reportNodes(drifted: readonly Drifted[], decisions: ReadonlyMap<string, Decision>): DriftedNode[] {
  return drifted.map(({ placed: { node, member, group }, reasons }) => ({
    node: node.name,
    instance: member.instance,
    group: group.name,
    zone: member.zone,
    reasons: reasons.map(({ text }) => text),
    ...(decisions.get(node.name) ?? { decision: 'waits' }),
  }));
}

function counts(placed: readonly PlacedNode[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { group } of placed) found.set(group.name, (found.get(group.name) ?? 0) + 1);
  return found;
}
