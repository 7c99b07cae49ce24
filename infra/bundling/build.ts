/**
 * `npm run build`: bundles every function as the stack does, and prints what it weighs: bytes in all and at start, and
 * the CPU time of a cold import, the median of fresh processes.
 */
import Table from 'cli-table3';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { bundleFunction, bytesOf, FUNCTIONS, loadedAtStart } from './function-bundle.ts';

const RUNS = 9;

/** Made up: an import reads settings and makes clients, but calls nobody. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  EBB_INSTALLATION: 'ebb',
  EBB_HOOK_NAME: 'ebb-drain',
  EBB_CLUSTER_PARAMETERS: '/ebb/clusters/',
  EBB_RETIREMENT_FUNCTION: 'arn:aws:lambda:us-east-1:123456789012:function:retirement:live',
  EBB_CLUSTERS: 'production',
  EBB_VPCS: '',
  EBB_DOOR: 'iam',
};

const PROBE = `
  const before = process.cpuUsage();
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String((user + system) / 1000));
  process.exit(0);
`;

const table = new Table({
  head: ['function', 'bytes', 'at start', 'on demand', `cold import, CPU ms (median of ${RUNS})`],
  style: { head: [], border: [] },
});
for (const name of FUNCTIONS) {
  const { directory, metafile } = bundleFunction(name);
  const total = bytesOf(metafile);
  const atStart = bytesOf(metafile, loadedAtStart(metafile));
  const count = (bytes: number): string => bytes.toLocaleString('en');
  table.push([name, count(total), count(atStart), count(total - atStart), coldImport(directory).toFixed(0)]);
}
console.log(table.toString());

function coldImport(directory: string): number {
  const runs = Array.from({ length: RUNS }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', PROBE, resolve(directory, 'index.mjs')], {
        encoding: 'utf8',
        env: ENVIRONMENT,
      }),
    ),
  );
  return runs.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN;
}
