/**
 * `npm run bench`: Ebb and, where it is on PATH, `kubectl drain`, on the same peer or on the same node of somebody's
 * cluster: seconds, requests, refusals and the lowest Ready counts, as a table or as JSON.
 */
import { print, runCommand } from '../../command/command.ts';
import { terminalStage } from '../../command/terminal-stage.ts';
import { kubectlVersion } from './kubectl.ts';
import { readOptions, USAGE, type BenchOptions, type OwnBenchOptions } from './options.ts';
import { benchOwnNode } from '../own-cluster/own-bench.ts';
import { drainersOf } from '../own-cluster/own-drainers.ts';
import type { OwnMeasurement } from '../own-cluster/own-measurement.ts';
import { benchPeer } from './peer-bench.ts';
import { ownTable, peerTable } from './table.ts';

process.exitCode = await runCommand('bench', USAGE, async () => {
  const options = readOptions(process.argv.slice(2));
  const { help, json, withoutKubectl, cases, own } = options;
  if (help) return print(USAGE);
  const version = withoutKubectl ? undefined : await kubectlVersion();
  if (version === undefined && !withoutKubectl) console.error('kubectl is not on PATH: only Ebb is measured');
  if (own !== undefined) return await benchOwn(options, own, version);
  const rows = await benchPeer(cases, version);
  return print(json ? JSON.stringify(rows, undefined, 2) : peerTable(rows));
});

/** Prints what was measured, however it ends. */
async function benchOwn(options: BenchOptions, own: OwnBenchOptions, version: string | undefined): Promise<number> {
  const { json, cases, withoutKubectl } = options;
  const rows: OwnMeasurement[] = [];
  try {
    return await benchOwnNode({
      options: own,
      cases,
      drainers: drainersOf(version, withoutKubectl),
      stage: terminalStage(options),
      measured: (row) => rows.push(row),
    });
  } finally {
    if (rows.length > 0) print(json ? JSON.stringify(rows, undefined, 2) : ownTable(rows));
  }
}
