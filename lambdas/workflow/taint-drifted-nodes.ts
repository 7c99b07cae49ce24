/**
 * The drift tainter (contract 9): marks the nodes that differ from what their group would launch now, lets as many of
 * them go as the budgets have room for, and takes its marks off those that differ no more. It drains nothing: that is the
 * sweep's, by the taint. One pass, idempotent: what it does not reach, the next one finds again.
 */
import { ailingReplacements } from '../core/brake.ts';
import { unreadableBudgets } from '../core/budget.ts';
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { budgetUnreadable, driftFinished } from '../core/fleet-events.ts';
import { drainTaint } from '../core/drain-taints.ts';
import {
  changesOf,
  decisionsOf,
  decisionWithoutTurn,
  strayChanges,
  withCurrentImage,
  type Decision,
  type Drifted,
} from '../core/drift-decision.ts';
import { awayReport, reportEmpty, reportGroups, reportNodes, type DriftReport } from '../core/drift-report.ts';
import { placeNodes, type FleetNode, type PlacedNode } from '../core/fleet.ts';
import { foreignGroups } from '../core/foreign-group.ts';
import type { Group } from '../core/group.ts';
import { isResting } from '../core/rest.ts';
import type { Rooms } from '../core/room.ts';
import { standstills, type Standstill } from '../core/standstill.ts';
import { Attempts, wordsOf } from './attempts.ts';
import { changeDriftMarks, type MarksChanged } from './change-drift-marks.ts';
import { fleetTurns, readFleetNodes, type FleetState, type TurnPorts } from './fleet-turns.ts';
import { judgeFleet, type FleetVerdicts, type JudgePorts } from './judge-fleet.ts';
import { mistakenGroups } from './mistaken-origins.ts';
import type { Cluster, Fleets, FleetView, Groups, Journal, Settings } from './ports.ts';
import { tellStandstills } from './tell-standstills.ts';
import { MANAGED_TAG } from './verify-notice.ts';

export interface DriftPorts extends TurnPorts, JudgePorts {
  readonly settings: Settings;
  readonly groups: Groups;
  readonly clusters: Fleets;
  readonly launches: JudgePorts['launches'];
  readonly journal: Journal;
}

/**
 * @param dryRun changes nothing
 * @returns of each cluster what was found, and what becomes or would become of it
 * @throws RunIncomplete when all has been tried and something has failed
 */
export async function taintDriftedNodes(ports: DriftPorts, { dryRun = false } = {}): Promise<readonly DriftReport[]> {
  const attempts = new Attempts(ports.journal);
  const clusters = await attempts.clusters(ports.settings);
  const names = clusters.flatMap(namesOf);
  const groups = clusters.length === 0 ? [] : await ports.groups.enrolled({ names, tag: MANAGED_TAG });
  const reports: DriftReport[] = [];
  // One after the other: each may have thousands of nodes.
  for (const cluster of clusters)
    reports.push(await lookAtCluster(cluster, { clusters, groups, dryRun }, attempts, ports));
  attempts.throwFailures();
  return reports;
}

function namesOf({ groups }: ClusterSettings): string[] {
  return groups.map(({ name }) => name);
}

interface DriftRun {
  readonly clusters: readonly ClusterSettings[];
  /** Every enrolled one. */
  readonly groups: readonly Group[];
  readonly dryRun: boolean;
}

async function lookAtCluster(
  cluster: ClusterSettings,
  run: DriftRun,
  attempts: Attempts,
  ports: DriftPorts,
): Promise<DriftReport> {
  const at = Date.now();
  let report = awayReport(cluster.name, at, '');
  await attempts.attemptIn(cluster.name, async () => {
    try {
      report = await taintCluster(cluster, { ...run, at }, attempts, ports);
    } catch (error) {
      report = awayReport(cluster.name, at, wordsOf(error));
      throw error;
    }
  });
  return report;
}

/** @throws ClusterAway, ClusterRefused */
async function taintCluster(
  cluster: ClusterSettings,
  { clusters, groups, dryRun, at }: DriftRun & { readonly at: number },
  attempts: Attempts,
  ports: DriftPorts,
): Promise<DriftReport> {
  for (const fault of unreadableBudgets(cluster)) {
    ports.journal.report(budgetUnreadable({ cluster: cluster.name, ...fault }));
  }
  const api = await ports.clusters.open(cluster.name);
  const nodes = await readFleetNodes(api);
  const fleet = placeNodes(nodes, groups);
  const ours = fleet.placed.filter(({ node }) => node.owner === undefined);
  const foreign = foreignGroups(cluster, { groups, clusters });
  const state = { cluster, fleet, groups, foreign };
  const { verdicts, drifted, decisions, rooms, still } = await decideSurely(ours, state, { view: api, ...ports });
  const report: DriftReport = {
    cluster: cluster.name,
    at,
    groups: [...reportGroups(ours, drifted, rooms), ...reportEmpty(namesOf(cluster), { groups, foreign }, ours)],
    nodes: reportNodes(drifted, decisions),
    strays: fleet.strays.flatMap(({ name, owner }) => (owner === undefined ? [name] : [])),
    left: nodes.filter(({ owner }) => owner !== undefined).length,
  };
  if (dryRun) return report;
  tellStandstills(cluster.name, withVerdicts(still, verdicts), ports.journal);
  const changes = [
    ...changesOf(verdicts.judged, decisions, { settings: cluster.drift, now: at }),
    ...strayChanges(fleet.strays, cluster.drift),
  ];
  const changed = await changeDriftMarks(changes, cluster, attempts, { api, journal: ports.journal });
  reportFinish(report, { changed, nodes: ours.length }, ports.journal);
  return report;
}

interface Decided {
  readonly drifted: readonly Drifted[];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly rooms: Rooms;
  readonly still: readonly Standstill[];
}

/** Of a group in which somebody is about to go for an image that EC2 does not confirm, EC2 is asked altogether. */
async function decideSurely(
  ours: readonly PlacedNode[],
  state: FleetState,
  ports: DriftPorts & { readonly view: Cluster & FleetView },
  mistaken: ReadonlySet<string> = new Set(),
): Promise<Decided & { readonly verdicts: FleetVerdicts }> {
  const verdicts = await judgeOwn(ours, state, ports, mistaken);
  const decided = await decide(verdicts, state, ports);
  const going = ours.filter(({ node }) => decided.decisions.get(node.name)?.decision === 'goes now');
  const others = await mistakenGroups(going, verdicts.byOrigin, ports.launches);
  if (others.size === 0) return { verdicts, ...decided };
  return await decideSurely(ours, state, ports, new Set([...mistaken, ...others]));
}

/** Of nodes of other clusters' groups nothing is told, and nothing changed. */
async function judgeOwn(
  placed: readonly PlacedNode[],
  { cluster, foreign }: Pick<FleetState, 'cluster' | 'foreign'>,
  ports: JudgePorts,
  mistaken: ReadonlySet<string>,
): Promise<FleetVerdicts> {
  const own = placed.filter(({ group }) => !foreign.has(group.name));
  const verdicts = await judgeFleet(own, cluster, ports, mistaken);
  const here = new Set(placed.map(({ group }) => group.name));
  const alone = [...foreign].filter(([name]) => here.has(name));
  return { ...verdicts, unknown: new Map([...verdicts.unknown, ...alone]) };
}

async function decide(
  { judged, unknown, vain }: FleetVerdicts,
  state: FleetState,
  ports: TurnPorts & { readonly view: Cluster & FleetView },
): Promise<Decided> {
  const now = Date.now();
  // One that rests goes nowhere for now, so it takes nobody's place; whose turn it is then, the sweep decides.
  const isOut = (node: FleetNode): boolean => drainTaint(node, state.cluster) !== undefined && !isResting(node, now);
  const drifted = judged.flatMap(({ placed, verdict }): Drifted[] =>
    verdict.kind === 'drifted' ? [{ placed, reasons: verdict.reasons }] : [],
  );
  const candidates = drifted
    .map(({ placed }) => placed)
    .filter((placed) => decisionWithoutTurn(placed, { isOut, room: undefined }) === undefined);
  const { drift } = state.cluster;
  const ailing = ailingReplacements(withCurrentImage(judged, drift), { ...drift, now });
  const stopped = new Map([...ailing, ...unknown, ...vain]);
  const { rooms, ...turns } = await fleetTurns(candidates, state, { isOut, stopped }, ports);
  const still = standstills(turns.later, rooms, now);
  return { drifted, decisions: decisionsOf(drifted, { turns, rooms, isOut }), rooms, still };
}

/** Groups of which it cannot be told whether a node in them would go, or that would replace it in vain, are stopped too. */
function withVerdicts(still: readonly Standstill[], { unknown, vain }: FleetVerdicts): readonly Standstill[] {
  const judged = new Map([...unknown, ...vain]);
  return [
    ...[...judged].map(([group, reason]): Standstill => ({ kind: 'stopped', group, reason })),
    ...still.filter(({ group }) => !judged.has(group)),
  ];
}

function reportFinish(
  { cluster, at, groups, nodes: drifted }: DriftReport,
  { changed, nodes }: { changed: MarksChanged; nodes: number },
  journal: Journal,
): void {
  const decided = (decision: string): number => drifted.filter((node) => node.decision === decision).length;
  journal.report(
    driftFinished({
      cluster,
      nodes,
      groups: groups.length,
      drifted: drifted.length,
      ...changed,
      waiting: decided('waits'),
      stopped: decided('stopped'),
      seconds: (Date.now() - at) / 1_000,
    }),
  );
}
