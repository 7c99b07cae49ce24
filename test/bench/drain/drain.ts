/**
 * `npm run bench`: Ebb and, where it is on PATH, `kubectl drain`, on the same peer or on the same node of somebody's
 * cluster: seconds, requests, refusals and the lowest Ready counts, as a table or as JSON.
 *
 * What measures is loaded when it is needed: `--help` and refusals answer at once.
 */
import { print, runCommand } from '../../command/command.ts';
import { Progress } from '../../command/progress.ts';
import type { OwnMeasurement } from '../own-cluster/own-measurement.ts';
import { readOptions, USAGE, type BenchOptions, type OwnBenchOptions } from './options.ts';

process.exitCode = await runCommand('bench', USAGE, async () => {
  const options = readOptions(process.argv.slice(2));
  const { help, withoutKubectl, own } = options;
  if (help) return print(USAGE);
  const { kubectlVersion } = await import('./kubectl.ts');
  const version = withoutKubectl ? undefined : await kubectlVersion();
  if (version === undefined && !withoutKubectl) console.error('kubectl is not on PATH: only Ebb is measured');
  return await (own === undefined ? benchPeers(options, version) : benchOwn(options, own, version));
});

async function benchPeers({ json, cases }: BenchOptions, version: string | undefined): Promise<number> {
  const progress = new Progress(cases.length * (version === undefined ? 1 : 2), { quiet: json });
  const [{ benchPeer }, { peerTable }] = await Promise.all([import('./peer-bench.ts'), import('./table.ts')]);
  const rows = await benchPeer(cases, version, progress);
  progress.done();
  return print(json ? JSON.stringify(rows, undefined, 2) : peerTable(rows));
}

/** Prints what was measured, however it ends. */
async function benchOwn(options: BenchOptions, own: OwnBenchOptions, version: string | undefined): Promise<number> {
  const { json, cases, withoutKubectl } = options;
  const [{ benchOwnNode }, { drainersOf }, { terminalStage }, { ownTable }] = await Promise.all([
    import('../own-cluster/own-bench.ts'),
    import('../own-cluster/own-drainers.ts'),
    import('../../command/terminal-stage.ts'),
    import('./table.ts'),
  ]);
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
