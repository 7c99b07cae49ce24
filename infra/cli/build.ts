/**
 * Bundles every function as the stack does, and prints its weight: bytes in all and at start, and the CPU time of a
 * cold import, as the median of fresh processes.
 */
import Table from 'cli-table3';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { bundleFunction, bytesOf, FUNCTIONS, loadedAtStart } from '../bundling/function-bundle.ts';
import { DONE, type ExitStatus } from './exit-status.ts';

const RUNS = 9;

/** Made-up settings. An import reads settings and makes clients, but calls no service. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  EBB_INSTALLATION: 'ebb',
  EBB_HOOK_NAME: 'ebb-drain',
  EBB_CLUSTER_PARAMETERS: '/ebb/clusters/',
  EBB_RETIREMENT_FUNCTION: 'arn:aws:lambda:us-east-1:123456789012:function:retirement:live',
  EBB_NOTICE_QUEUE: 'https://sqs.us-east-1.amazonaws.com/123456789012/notices',
  EBB_ROTATION_PARAMETERS: '/ebb/rotations/',
  EBB_ROTATION_FUNCTION: 'arn:aws:lambda:us-east-1:123456789012:function:rotation:live',
  EBB_EVACUATION_FUNCTION: 'arn:aws:lambda:us-east-1:123456789012:function:evacuation:live',
  EBB_CLUSTERS: 'production',
  EBB_OTHER_CLUSTERS: '',
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

interface Weight {
  readonly function: string;
  readonly bytes: number;
  /** Bytes of the files that are loaded at start. */
  readonly bytesAtStart: number;
  readonly coldImportMilliseconds: number;
}

/** @param json prints a line for each function, as it is bundled */
export function build(json = false): ExitStatus {
  const weights: Weight[] = [];
  for (const name of FUNCTIONS) {
    const weight = weigh(name);
    if (json) console.log(JSON.stringify(weight));
    weights.push(weight);
  }
  if (!json) console.log(weightTable(weights));
  return DONE;
}

function weigh(name: string): Weight {
  const { directory, metafile } = bundleFunction(name);
  return {
    function: name,
    bytes: bytesOf(metafile),
    bytesAtStart: bytesOf(metafile, loadedAtStart(metafile)),
    coldImportMilliseconds: coldImport(directory),
  };
}

function weightTable(weights: readonly Weight[]): string {
  const table = new Table({
    head: ['function', 'bytes', 'at start', 'on demand', `cold import, CPU ms\n(median of ${RUNS})`],
    style: { head: [], border: [] },
  });
  const count = (bytes: number): string => bytes.toLocaleString('en');
  for (const { function: name, bytes, bytesAtStart, coldImportMilliseconds } of weights) {
    const onDemand = bytes - bytesAtStart;
    table.push([name, count(bytes), count(bytesAtStart), count(onDemand), coldImportMilliseconds.toFixed(0)]);
  }
  return table.toString();
}

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
