/** Every command of package.json, run to its exit: none hangs on a timer or a socket that nobody waits for. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '..');

/** An address of this machine at which nothing listens. */
const NOBODY = 'http://127.0.0.1:9';

/** Arguments of the shortest run that does the command's whole work, and the exit status that it ends with. */
const COMMANDS: Record<string, { readonly args: readonly string[]; readonly status: number }> = {
  build: { args: [], status: 0 },
  'cluster-role': { args: [], status: 0 },
  'configuration-table': { args: ['--check'], status: 0 },
  'operator-api': { args: ['--check'], status: 0 },
  // Without AWS they can only say so; test/infra/cli/function-command.test.ts runs them against functions.
  retirements: { args: ['--function', 'nobody'], status: 1 },
  drift: { args: ['--function', 'nobody'], status: 1 },
  sweep: { args: ['--function', 'nobody'], status: 1 },
  // test/infra/cli/local runs them against a cluster.
  rotate: { args: ['--cluster', 'nobody'], status: 2 },
  retire: { args: ['--cluster', 'nobody'], status: 2 },
  status: { args: ['r1'], status: 2 },
  pause: { args: ['r1'], status: 2 },
  resume: { args: ['r1'], status: 2 },
  stop: { args: ['r1'], status: 2 },
  // test/infra/cli/evacuation runs it against a cloud.
  evacuate: { args: ['nobody'], status: 2 },
  bench: { args: ['--pods', '10', '--budgets', 'none', '--without-kubectl', '--json'], status: 0 },
  'scan-bench': { args: ['--nodes', '20', '--passes', '1', '--scans', 'steady', '--json'], status: 0 },
  'rotation-bench': { args: ['--nodes', '4', '--max-surge', '2', '--stop', '--json'], status: 0 },
  'storm-bench': { args: ['--notices', '40', '--seconds', '1', '--clusters', '2', '--json'], status: 0 },
  cost: { args: ['--minutes', '1', '--json'], status: 0 },
  explore: { args: ['--seed', '1', '--runs', '20'], status: 0 },
  coverage: { args: ['test/core/drain/wave.test.ts'], status: 0 },
  mutation: {
    args: ['--mutate', 'lambdas/core/drain/wave.ts', '--testFiles', 'test/core/drain/wave.test.ts'],
    status: 0,
  },
};

/** `npm test` itself, and what it runs before this. */
const RUN_BY_NPM_TEST = ['test', 'typecheck', 'lint', 'format', 'arrows', 'test:unit'];

/**
 * test/infra/configuration/synthesis.test.ts, test/demo/demo.test.ts and test/infra/bundling/library.test.ts run them to
 * their end; `prepack` is `build:library`.
 */
const RUN_ELSEWHERE = ['synth', 'demo', 'build:library', 'prepack'];

const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-commands-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the commands of package.json', () => {
  test('are all run to their exit by some test', () => {
    const run = [...Object.keys(COMMANDS), ...RUN_BY_NPM_TEST, ...RUN_ELSEWHERE];
    expect(run.toSorted()).toEqual(Object.keys(scripts).toSorted());
  });

  test.each(Object.entries(COMMANDS))('%s ends by itself', { timeout: 180_000 }, async (name, { args, status }) => {
    const ended = await runToExit(['--', ...args], name);
    expect(ended, ended.output).toMatchObject({ status, signal: null });
  });
});

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** For the failure's message. */
  readonly output: string;
}

/** Ends the process group after two minutes; then `signal` says so. */
function runToExit(args: readonly string[], script: string): Promise<Ended> {
  const child = spawn('npm', ['run', '-s', script, ...args], {
    cwd: PROJECT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nobody',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: NOBODY,
      AWS_MAX_ATTEMPTS: '1',
      HOME: folder,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const limit = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, 120_000);
  return new Promise((end) => {
    child.on('close', (status, signal) => {
      clearTimeout(limit);
      end({ status, signal, output: output.slice(-2_000) });
    });
  });
}
