/**
 * The drift tainter (contract 9): marks the nodes that differ from what their group would launch now, lets as many of
 * them go as the budgets allow, and takes its marks off those that no longer differ. It drains nothing: the sweep does,
 * by the taint. A run is one idempotent pass: what it does not reach, the next run finds again.
 */
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import { unreadableBudgets } from '../../core/disruption/budget.ts';
import type { Enrolment } from '../../core/disruption/fleet-state.ts';
import { decideDrift } from '../../core/drift/decide-drift.ts';
import { awayReport, driftReport, type DriftReport } from '../../core/drift/report.ts';
import { budgetUnreadable, driftFinished } from '../../core/events/fleet-events.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { decideAsking, type QuestionPorts } from '../disruption/decide-asking.ts';
import { reportGroupStatuses } from '../disruption/report-group-status.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import type { Settings } from '../ports/settings.ts';
import { Attempts, errorText } from '../run/attempts.ts';
import { changeDriftMarks, type MarksChanged } from './change-drift-marks.ts';
import { readFacts, type FactPorts } from './read-facts.ts';

export interface DriftPorts extends FactPorts, Omit<QuestionPorts, 'view' | 'launches'> {
  readonly launches: FactPorts['launches'] & QuestionPorts['launches'];
  readonly settings: Settings;
  readonly groups: Groups;
  readonly clusters: Fleets;
  readonly journal: Journal;
  /** Name of the installation. @default the default's */
  readonly installation?: string;
}

/**
 * @param dryRun whether to change nothing
 * @returns a report of each cluster: the nodes that were found, and what becomes or would become of them
 * @throws RunIncomplete when all has been tried and something has failed
 */
export async function taintDriftedNodes(ports: DriftPorts, { dryRun = false } = {}): Promise<readonly DriftReport[]> {
  const attempts = new Attempts(ports.journal);
  const clusters = await attempts.clusters(ports.settings);
  const names = clusters.flatMap((cluster) => cluster.groups.map(({ name }) => name));
  const groups =
    clusters.length === 0
      ? []
      : await ports.groups.enrolled({ names, tag: MANAGED_TAG, value: managedValue(ports.installation) });
  const reports: DriftReport[] = [];
  // Clusters come one after the other: each may have thousands of nodes.
  for (const cluster of clusters)
    reports.push(await lookAtCluster(cluster, { clusters, groups, dryRun }, attempts, ports));
  attempts.throwFailures();
  return reports;
}

interface DriftRun extends Enrolment {
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
  { at, dryRun, ...enrolment }: DriftRun & { readonly at: number },
  attempts: Attempts,
  ports: DriftPorts,
): Promise<DriftReport> {
  const { journal } = ports;
  if (!dryRun) reportBudgets(cluster, journal);
  const api = await ports.clusters.open(cluster);
  const facts = await readFacts(cluster, enrolment, api, ports);
  const decision = await decideAsking((answers) => decideDrift(facts, answers), { view: api, ...ports });
  const report = driftReport(facts, decision, at);
  if (dryRun) return report;
  reportGroupStatuses(cluster.name, decision.statuses, journal);
  const changed = await changeDriftMarks(decision.changes, cluster, attempts, { api, journal });
  reportFinish(report, changed, journal);
  return report;
}

function reportBudgets(cluster: ClusterSettings, journal: Journal): void {
  for (const fault of unreadableBudgets(cluster)) {
    journal.report(budgetUnreadable({ cluster: cluster.name, ...fault }));
  }
}

function reportFinish(
  { cluster, at, groups, nodes: drifted }: DriftReport,
  changed: MarksChanged,
  journal: Journal,
): void {
  const decided = (decision: string): number => drifted.filter((node) => node.decision === decision).length;
  journal.report(
    driftFinished({
      cluster,
      nodes: groups.reduce((sum, { nodes }) => sum + nodes, 0),
      groups: groups.length,
      drifted: drifted.length,
      ...changed,
      waiting: decided('waits'),
      stopped: decided('stopped'),
      seconds: (Date.now() - at) / 1_000,
    }),
  );
}
