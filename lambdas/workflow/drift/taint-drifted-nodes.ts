/**
 * The drift tainter (contract 9): marks the nodes that differ from what their group would launch now, lets as many of
 * them go as the budgets have room for, and takes its marks off those that differ no more. It drains nothing: that is the
 * sweep's, by the taint. One pass, idempotent: what it does not reach, the next one finds again.
 */
import { unreadableBudgets } from '../../core/disruption/budget.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { changesOf, strayChanges } from '../../core/drift/decision.ts';
import { awayReport, reportEmpty, reportGroups, reportNodes, type DriftReport } from '../../core/drift/report.ts';
import { budgetUnreadable, driftFinished } from '../../core/events/fleet-events.ts';
import { placeNodes } from '../../core/disruption/fleet.ts';
import { foreignGroups } from '../../core/disruption/foreign-group.ts';
import type { Group } from '../../core/aws/group.ts';
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import { Attempts, errorText } from '../run/attempts.ts';
import { changeDriftMarks, type MarksChanged } from './change-drift-marks.ts';
import { decideDrift } from './decide-drift.ts';
import { readFleetNodes, type QueuePorts } from '../disruption/disruption-queue.ts';
import type { JudgePorts } from './judge-fleet.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import type { Settings } from '../ports/settings.ts';
import type { Journal } from '../ports/journal.ts';
import { reportGroupStatuses } from '../disruption/report-group-status.ts';

export interface DriftPorts extends QueuePorts, JudgePorts {
  readonly settings: Settings;
  readonly groups: Groups;
  readonly clusters: Fleets;
  readonly launches: JudgePorts['launches'];
  readonly journal: Journal;
  /** Its name. @default the default's */
  readonly installation?: string;
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
  const groups =
    clusters.length === 0
      ? []
      : await ports.groups.enrolled({ names, tag: MANAGED_TAG, value: managedValue(ports.installation) });
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
      report = awayReport(cluster.name, at, errorText(error));
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
  for (const fault of dryRun ? [] : unreadableBudgets(cluster)) {
    ports.journal.report(budgetUnreadable({ cluster: cluster.name, ...fault }));
  }
  const api = await ports.clusters.open(cluster.name);
  const nodes = await readFleetNodes(api, cluster);
  const fleet = placeNodes(nodes, groups);
  const ours = fleet.placed.filter(({ node }) => node.owner === undefined);
  const foreign = foreignGroups(cluster, { groups, clusters });
  const state = { cluster, fleet, groups, foreign };
  const { judged, drifted, decisions, allowances, statuses } = await decideDrift(ours, state, { view: api, ...ports });
  const report: DriftReport = {
    cluster: cluster.name,
    at,
    groups: [...reportGroups(ours, drifted, allowances), ...reportEmpty(namesOf(cluster), { groups, foreign }, ours)],
    nodes: reportNodes(drifted, decisions),
    strays: fleet.strays.flatMap(({ name, owner }) => (owner === undefined ? [name] : [])),
    left: nodes.filter(({ owner }) => owner !== undefined).length,
  };
  if (dryRun) return report;
  reportGroupStatuses(cluster.name, statuses, ports.journal);
  const changes = [
    ...changesOf(judged, decisions, { settings: cluster.drift, now: at }),
    ...strayChanges(fleet.strays, cluster.drift),
  ];
  const changed = await changeDriftMarks(changes, cluster, attempts, { api, journal: ports.journal });
  reportFinish(report, { changed, nodes: ours.length }, ports.journal);
  return report;
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
