/**
 * The sweep (contract 1.7): finds what no event told us, or what a retirement that died has left. One pass, idempotent:
 * what it does not reach, the next one finds again.
 */
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { sweepHooks, type HookSweepPorts } from './sweep-hooks.ts';
import { sweepMarks, type MarkSweepPorts } from './sweep-marks.ts';
import { SweepRecord } from './sweep-record.ts';

export type SweepPorts = HookSweepPorts & MarkSweepPorts;

/**
 * Waiting instances first, by AWS alone, so that a cluster that is away keeps none of them waiting; then the nodes of
 * each cluster.
 *
 * @throws SweepIncomplete when all has been tried and something has failed
 */
export async function sweepNodes(ports: SweepPorts): Promise<void> {
  const record = new SweepRecord(ports.journal);
  const clusters = await configuredClusters(record, ports);
  const groups = clusters.flatMap((cluster) => cluster.groups.map(({ name }) => name));
  await record.attempt(() => sweepHooks(groups, record, ports));
  await Promise.all(
    clusters.map((cluster) => record.attemptIn(cluster.name, () => sweepMarks(cluster, record, ports))),
  );
  record.close();
}

/** Those whose settings can be read. */
async function configuredClusters(record: SweepRecord, { settings }: SweepPorts): Promise<ClusterSettings[]> {
  const found: ClusterSettings[] = [];
  for (const name of await settings.names()) {
    await record.attemptIn(name, async () => {
      const cluster = await settings.cluster(name);
      if (cluster !== undefined) found.push(cluster);
    });
  }
  return found;
}
