/** One measurement of the drift scan: the servers in one process, the shipped function in another. */
import { buildSync } from 'esbuild';
import { fork, type ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { join } from 'node:path';
import { NODE_OPTIONS } from '../../../infra/bundling/drift-memory.ts';
import { bundleFunction } from '../../../infra/bundling/function-bundle.ts';
import { PARAMETERS } from './scan-aws.ts';
import { SCANS, type Scan } from './scan-case.ts';
import { PER_GROUP } from './scan-fleet.ts';
import type { Bare, Pass } from './scan-run.ts';
import type { Asked, Serving } from './scan-servers.ts';

export interface ScanMeasurement {
  readonly scan: Scan;
  readonly nodes: number;
  readonly groups: number;
  /** Of each run in one sandbox: the first is cold. */
  readonly passes: readonly { readonly seconds: number; readonly cpuSeconds: number }[];
  /** The most memory of all runs, and of a process that has loaded nothing yet. */
  readonly peakMegabytes: number;
  readonly bareMegabytes: number;
  /** Of one run, by kind; what only the first asks for is spread over all. */
  readonly kubernetesRequests: Readonly<Record<string, number>>;
  readonly awsRequests: Readonly<Record<string, number>>;
  /** Of the dry run's answer, of which Lambda takes 6 MB; 0 of other runs. */
  readonly answerMegabytes: number;
  /** What the servers told of each node and instance. */
  readonly bytes: Serving['bytes'];
}

const PROJECT = join(import.meta.dirname, '../../..');

const RUN = { source: join(import.meta.dirname, 'scan-run.ts'), built: join('dist', 'scan-bench', 'run.mjs') };

/** @throws Error when the function fails */
export async function measureScan(scan: Scan, nodes: number, passes: number): Promise<ScanMeasurement> {
  const { state, dryRun } = SCANS[scan];
  const { directory } = bundleFunction('drift-tainter');
  // Built, because a process that strips types itself needs more memory for that than for most scans.
  buildSync({ absWorkingDir: PROJECT, entryPoints: [RUN.source], outfile: RUN.built, format: 'esm', platform: 'node' });
  const served = fork(join(import.meta.dirname, 'scan-servers.ts'), [String(nodes), state]);
  const servers = { process: served, inbox: new Inbox(served) };
  try {
    const { awsUrl, bytes } = await servers.inbox.next<Serving>();
    const run = await ran(join(directory, 'index.mjs'), { awsUrl, passes, dryRun, servers });
    const { asked, bare, all } = run;
    const last = all.at(-1);
    return {
      scan,
      nodes,
      groups: Math.ceil(nodes / PER_GROUP),
      passes: all.map(({ seconds, cpuSeconds }) => ({ seconds, cpuSeconds })),
      peakMegabytes: megabytes(last?.peakBytes),
      bareMegabytes: megabytes(bare.peakBytes),
      kubernetesRequests: perPass(asked.kubernetes, passes),
      awsRequests: perPass(asked.aws, passes),
      answerMegabytes: megabytes(last?.answerBytes),
      bytes,
    };
  } finally {
    served.kill();
  }
}

interface Servers {
  readonly process: ChildProcess;
  readonly inbox: Inbox;
}

async function ran(
  bundle: string,
  { awsUrl, passes, dryRun, servers }: { awsUrl: string; passes: number; dryRun: boolean; servers: Servers },
): Promise<{ bare: Bare; all: readonly Pass[]; asked: Asked }> {
  const child = fork(join(PROJECT, RUN.built), [bundle, String(passes), JSON.stringify({ dryRun })], {
    env: environment(awsUrl),
    // It logs as it does in Lambda; a failure throws.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const inbox = new Inbox(child);
  const bare = await inbox.next<Bare>();
  const first = await inbox.next<Pass>();
  const all = [first];
  while (all.length < passes) all.push(await inbox.next<Pass>());
  servers.process.send('asked');
  return { bare, all, asked: await servers.inbox.next<Asked>() };
}

/** What a process tells, kept until it is asked for. */
class Inbox {
  readonly #child: ChildProcess;
  readonly #messages: AsyncIterator<unknown[]>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#messages = on(child, 'message', { close: ['exit'] })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process ends first */
  async next<Message>(): Promise<Message> {
    const { done, value } = (await this.#messages.next()) as IteratorResult<[Message], undefined>;
    if (done) {
      const { exitCode, signalCode } = this.#child;
      throw new Error(`the process ended with ${exitCode ?? signalCode} before it was done`);
    }
    return value[0];
  }
}

/** As of the function in the stack. */
function environment(awsUrl: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    EBB_CLUSTER_PARAMETERS: PARAMETERS,
    NODE_OPTIONS,
  };
}

function perPass(counts: Readonly<Record<string, number>>, passes: number): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([request, count]) => [request, count / passes]));
}

function megabytes(bytes = 0): number {
  return Math.round(bytes / 1_000_000);
}
