/**
 * The sweep (contract 1.7, 9.5): finds what no event told us, what a retirement that died has left, and the nodes that
 * are tainted to be drained. A run is one idempotent pass: what it does not reach, the next run finds again.
 */
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Group } from '../../core/aws/group.ts';
import { RETIRING_LABEL } from '../../core/node/marks.ts';
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { SweepReport } from '../../core/disruption/sweep-report.ts';
import { errorText } from '../run/attempts.ts';
import { readFleetNodes } from '../disruption/read-nodes.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import { readDetached, sweepDetached, type Detached, type DetachedSweepPorts } from './sweep-detached.ts';
import { sweepHooks, type HookSweepPorts } from './sweep-hooks.ts';
import { sweepMarks, reportUnreadable, type MarkSweepPorts } from './sweep-marks.ts';
import { SweepRecord } from './sweep-record.ts';
import { sweepScheduled, type ScheduledSweepPorts } from './sweep-scheduled.ts';
import { sweepTainted, type TaintedSweepPorts } from './sweep-tainted.ts';

export type SweepPorts = HookSweepPorts &
  MarkSweepPorts &
  DetachedSweepPorts &
  ScheduledSweepPorts &
  TaintedSweepPorts & { readonly groups: Groups; readonly clusters: Fleets };

/**
 * Sweeps the waiting instances first, by AWS alone, so that a cluster that is away keeps none of them waiting; then the
 * nodes of each cluster.
 *
 * @param dryRun whether to look at the tainted nodes only, and change nothing (contract 9.6)
 * @returns what becomes of the tainted nodes, by cluster
 * @throws RunIncomplete when all has been tried and something has failed
 */
export async function sweepNodes(ports: SweepPorts, { dryRun = false } = {}): Promise<readonly SweepReport[]> {
  const record = new SweepRecord(ports.journal);
  const clusters = await record.clusters(ports.settings);
  const groups = await enrolledGroups(clusters, record, ports);
  if (groups !== undefined && !dryRun) {
    await record.attempt(() => sweepHooks(groups, record, ports));
    if (clusters.some(({ notices }) => notices.scheduledChange))
      await record.attempt(() => sweepScheduled(groups, record, ports));
  }
  const detached = dryRun ? new Map<string, string>() : await readDetached(record, ports);
  const reports = await Promise.all(
    clusters.map((cluster) => sweepCluster(cluster, { clusters, groups, detached, dryRun }, record, ports)),
  );
  if (dryRun) record.throwFailures();
  else record.close();
  return reports;
}

interface SweepRun {
  readonly clusters: readonly ClusterSettings[];
  /** All enrolled groups; undefined when they cannot be read. */
  readonly groups: readonly Group[] | undefined;
  readonly detached: Detached;
  readonly dryRun: boolean;
}

async function sweepCluster(
  cluster: ClusterSettings,
  { clusters, groups, detached, dryRun }: SweepRun,
  record: SweepRecord,
  ports: SweepPorts,
): Promise<SweepReport> {
  let report: SweepReport = { cluster: cluster.name, at: Date.now(), away: 'its groups cannot be read', nodes: [] };
  await record.attemptIn(cluster.name, async () => {
    try {
      const api = await ports.clusters.open(cluster);
      const retiring: Node[] = [];
      const nodes = await readFleetNodes(api, cluster, (page) => {
        retiring.push(...page.filter(isRetiring));
        reportUnreadable(page, cluster, ports.journal);
      });
      if (!dryRun) {
        const found = { cluster: cluster.name, groups: groups ?? [], detached };
        const inHand = await sweepDetached(nodes, found, record, ports);
        await sweepMarks(
          retiring.filter(({ name }) => !inHand.has(name)),
          { cluster, api },
          record,
          ports,
        );
      }
      if (groups === undefined) return;
      report = await sweepTainted(nodes, { cluster, view: api, clusters, groups, dryRun }, record, ports);
    } catch (error) {
      report = { ...report, away: errorText(error) };
      throw error;
    }
  });
  return report;
}

function isRetiring({ labels }: Node): boolean {
  return RETIRING_LABEL in labels;
}

/** All enrolled groups; undefined when they cannot be read: then nothing that depends on them is done. */
async function enrolledGroups(
  clusters: readonly ClusterSettings[],
  record: SweepRecord,
  { groups, home }: SweepPorts,
): Promise<readonly Group[] | undefined> {
  const names = clusters.flatMap((cluster) => cluster.groups.map(({ name }) => name));
  let found: readonly Group[] | undefined;
  await record.attempt(async () => {
    found = await groups.enrolled({ names, tag: MANAGED_TAG, value: managedValue(home.installation) });
  });
  return found;
}
