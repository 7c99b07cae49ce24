/**
 * The sweep of the nodes that bear a drain taint, whoever put it there (contract 9.5): as many as the budgets allow get a
 * retirement; the others wait, and it is told for what.
 */
import { looksOnly, LOOKS_ONLY } from '../core/budget.ts';
import { taintsIgnored } from '../core/fleet-events.ts';
import { retirementRequested } from '../core/notice-events.ts';
import { drainTaint, isAskedByDriftAlone, releaseFor } from '../core/drain-taints.ts';
import { placeNodes, type FleetNode, type PlacedNode } from '../core/fleet.ts';
import { isForgotten } from '../core/forgotten-hook.ts';
import type { Group } from '../core/group.ts';
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { IN_SERVICE } from '../core/lifecycle-state.ts';
import { executionName, type Home, type TaintedNotice } from '../core/notice.ts';
import { standstills, type Standstill } from '../core/standstill.ts';
import type { SweepReport, SweptNode } from '../core/sweep-report.ts';
import { fleetTurns, type FleetState, type TurnPorts } from './fleet-turns.ts';
import type { FleetView, Journal, Retirements, RunningRetirements } from './ports.ts';
import type { SweepRecord } from './sweep-record.ts';
import { tellStandstills } from './tell-standstills.ts';

export interface TaintedSweepPorts extends TurnPorts {
  readonly running: RunningRetirements;
  readonly retirements: Retirements;
  readonly journal: Journal;
  readonly home: Home;
}

export interface TaintedSweep {
  readonly cluster: ClusterSettings;
  readonly view: FleetView;
  readonly groups: readonly Group[];
  /** Those of them that are left alone here, by name, and why. */
  readonly foreign: FleetState['foreign'];
  readonly dryRun: boolean;
}

/** A node that bears a drain taint, by the taint's key. */
interface Asking {
  readonly node: FleetNode;
  readonly taint: string;
}

/**
 * @param nodes all of the cluster
 * @param groups every enrolled one
 * @throws ClusterAway, ClusterRefused
 */
export async function sweepTainted(
  nodes: readonly FleetNode[],
  { cluster, view, groups, foreign, dryRun }: TaintedSweep,
  record: SweepRecord,
  ports: TaintedSweepPorts,
): Promise<SweepReport> {
  const asking = nodes.flatMap((node): Asking[] => {
    const taint = drainTaint(node, cluster);
    return taint === undefined ? [] : [{ node, taint }];
  });
  const at = Date.now();
  if (asking.length === 0) return { cluster: cluster.name, at, nodes: [] };
  const state = { cluster, groups, foreign, fleet: placeNodes(nodes, groups) };
  const { swept, still } = await decide(asking, state, { view, ...ports });
  if (dryRun) return { cluster: cluster.name, at, nodes: swept };
  tellStandstills(cluster.name, still, ports.journal);
  tellIgnored(cluster.name, swept, ports.journal);
  for (const each of swept.filter(({ decision }) => decision === 'starts now')) {
    await record.attempt(async () => {
      await start(each, cluster, ports);
      record.tainted += 1;
    });
  }
  return { cluster: cluster.name, at, nodes: swept };
}

async function decide(
  asking: readonly Asking[],
  state: FleetState,
  ports: TaintedSweepPorts & { readonly view: FleetView },
): Promise<{ swept: readonly SweptNode[]; still: readonly Standstill[] }> {
  const { cluster, fleet, foreign } = state;
  const places = new Map(fleet.placed.map((placed) => [placed.node.name, placed]));
  // Asked after the nodes were read: one that was started meanwhile runs, though its node bears no marks yet.
  const running = await ports.running.names();
  const begun = (placed: PlacedNode): boolean => !isForgotten(placed.member, running, ports.home);
  const judged = asking.map((each) => ({
    ...each,
    ...judge(each.node, places.get(each.node.name), { begun, foreign, cluster }),
  }));
  const candidates = judged.flatMap(({ decision, why, place }) =>
    decision === 'waits' && why === undefined && place !== undefined ? [place] : [],
  );
  const out = new Set(judged.filter(({ decision }) => decision === 'under way').map(({ node }) => node.name));
  const turns = await fleetTurns(
    candidates,
    state,
    { cause: 'taint', isOut: ({ name }) => out.has(name), stopped: new Map() },
    ports,
  );
  const now = new Set(turns.now.map(({ name }) => name));
  const later = new Map(
    turns.later.map(({ candidate, why, at }) => [candidate.name, { why, ...(at !== undefined && { at }) }]),
  );
  const swept = judged.map(({ node, taint, place, decision, why }): SweptNode => {
    const { name, instance } = node;
    const release = releaseFor(taint, cluster);
    return {
      node: name,
      ...(instance !== undefined && { instance }),
      ...(place && { group: place.group.name }),
      taint,
      release,
      decision: now.has(name) ? 'starts now' : decision,
      ...(why !== undefined && { why }),
      ...later.get(name),
    };
  });
  return { swept, still: standstills(turns, turns.rooms, Date.now()) };
}

/** What can be told of one node alone; those that wait are given their turns together. */
function judge(
  node: FleetNode,
  place: PlacedNode | undefined,
  { begun, foreign, cluster }: { begun: (placed: PlacedNode) => boolean } & Pick<FleetState, 'foreign' | 'cluster'>,
): { decision: SweptNode['decision']; why?: string; place?: PlacedNode } {
  if (node.owner !== undefined)
    return { decision: 'left alone', why: `${node.owner} makes and ends such nodes itself` };
  // Its instance has left the group before its node.
  if (place === undefined && node.retiring) return { decision: 'under way' };
  if (place === undefined) return { decision: 'left alone', why: 'its instance is in no group that is enrolled' };
  if (node.leftDrained) return { decision: 'left drained', place };
  if (node.retiring || begun(place)) return { decision: 'under way', place };
  const another = foreign.get(place.group.name);
  if (another !== undefined) return { decision: 'left alone', why: another, place };
  const { state } = place.member;
  if (state !== IN_SERVICE) return { decision: 'left alone', why: `its instance is ${state}`, place };
  return { decision: 'waits', ...whyNotYet(place, cluster), place };
}

/** A node that drift was to replace when its budget was another; a person's taint is a person's word. */
function whyNotYet({ node, group }: PlacedNode, cluster: ClusterSettings): { why?: string } {
  return isAskedByDriftAlone(node, cluster) && looksOnly(cluster, group.name) ? { why: LOOKS_ONLY } : {};
}

/** Whoever has tainted them waits for a drain that does not come. */
function tellIgnored(cluster: string, swept: readonly SweptNode[], journal: Journal): void {
  const nodes = swept.flatMap(({ node, decision, why = '' }) => (decision === 'left alone' ? [`${node}: ${why}`] : []));
  if (nodes.length > 0) journal.report(taintsIgnored({ cluster, nodes }));
}

async function start(
  { node, instance = '', group = '', taint }: SweptNode,
  { name: cluster }: ClusterSettings,
  { retirements, journal, home }: TaintedSweepPorts,
): Promise<void> {
  const { account, region } = home;
  const notice: TaintedNotice = { kind: 'tainted', account, region, instance, group, taint, at: Date.now() };
  const execution = executionName(notice, home);
  const already = (await retirements.start(execution, notice)) === 'already';
  journal.report(retirementRequested({ execution, instance, cluster, group, already, foundBy: 'sweep', node, taint }));
}
