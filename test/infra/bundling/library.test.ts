/**
 * The package as others install it: built, packed and unpacked, with its dependencies and nothing else, and used from
 * JavaScript and TypeScript (contract 10.7), over the wire against both peers.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { makeTemporaryFolder } from '../../temporary-folder.ts';
import { OwnMachine } from '../cli/local/own-machine.ts';

// Builds and type checks: many seconds beside other work.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 });

const PROJECT = resolve(import.meta.dirname, '../../..');
const MODULES = join(PROJECT, 'node_modules');

const run = promisify(execFile);

/** A folder with `node_modules` of its own: the package, and links to its dependencies alone. */
let home: string;

beforeAll(async () => {
  await run('npm', ['run', '-s', 'build:library'], { cwd: PROJECT });
  home = makeTemporaryFolder('ebb-consumer');
  const installed = join(home, 'node_modules', 'ebb');
  mkdirSync(installed, { recursive: true });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', home], { cwd: PROJECT });
  const { version, dependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Readonly<Record<string, string>>;
  };
  await run('tar', ['-xzf', join(home, `ebb-${version}.tgz`), '-C', installed, '--strip-components', '1']);
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const link = join(home, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(MODULES, name), link);
  }
  write('package.json', JSON.stringify({ type: 'module' }));
});

function write(name: string, text: string): string {
  const file = join(home, name);
  writeFileSync(file, text);
  return file;
}

const CONSUMER = `
import { KubeConfig } from '@kubernetes/client-node';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { retireNode, rotateCluster } from 'ebb';

const kubeconfig = new KubeConfig();
kubeconfig.loadFromDefault();
const events = [];
const means = { kubeconfig, aws: { autoScaling: new AutoScalingClient({}) }, onEvent: ({ type }) => events.push(type) };
const planned = await rotateCluster({ cluster: 'production', dryRun: true }, means);
const retired = await retireNode({ cluster: 'production', node: process.argv[2] }, means);
const fault = await rotateCluster({ cluster: 'production', maxSurge: 0 }, means).catch((error) => error.message);
console.log(JSON.stringify({ planned, retired, fault, events }));
`;

const TYPED = `
import { KubeConfig } from '@kubernetes/client-node';
import { EC2Client } from '@aws-sdk/client-ec2';
import { retireNode, rotateCluster, type DomainEvent, type RotationResult } from 'ebb';

const kubeconfig = new KubeConfig();
const stop = new AbortController();
const onEvent = (event: DomainEvent): void => {
  if (event.type === 'node.drained') console.log(event.pods.toFixed());
};
const rotated: RotationResult = await rotateCluster(
  { cluster: 'production', groups: ['workers'], maxSurge: 2 },
  { kubeconfig, aws: { region: 'eu-central-1', ec2: new EC2Client({}) }, signal: stop.signal, onEvent },
);
console.log(rotated.progress.groups.map(({ done, left }) => done + left));
const retired = await retireNode({ cluster: 'production', node: 'a', detach: true, terminate: true }, { kubeconfig });
// @ts-expect-error a result is one of several words
export const result: 'drained' = retired.result;
// @ts-expect-error there is no such field
await rotateCluster({ cluster: 'production', maxSrge: 2 });
`;

describe('the packed package', () => {
  test('plans a rotation and retires a node for a module that imports it', async () => {
    await using given = await OwnMachine.start({ nodes: 2 });
    const { instance, node } = given.rehearsal.first;
    const file = write('consumer.mjs', CONSUMER);
    const env = { PATH: process.env.PATH, KUBECONFIG: given.kubeconfig, ...given.rehearsal.aws.environment() };
    const { stdout } = await run(process.execPath, [file, node], { cwd: home, env });
    expect(JSON.parse(stdout)).toMatchObject({
      planned: { result: 'planned', progress: { groups: [{ group: 'workers', way: 'detach', left: 2 }] } },
      retired: { instance, group: 'workers', result: 'drained' },
      fault: expect.stringContaining('maxSurge: must be a number of nodes from 1 to 20') as string,
      events: expect.arrayContaining(['node.isolated', 'node.drained', 'retirement.finished']) as string[],
    });
  });

  test('has types that a strict program checks against', async () => {
    const file = write('consumer.ts', TYPED);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    const compiler = join(MODULES, 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [compiler, ...options, '--types', 'node', file], {
      cwd: home,
    }).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBe('');
  });

  test('says of its command line that a clone of the project is needed', async () => {
    const ended = await run(process.execPath, [
      join(home, 'node_modules', 'ebb', 'infra', 'cli', 'ebb.js'),
      'drift',
    ]).catch((error: unknown) => error as { code: number; stderr: string });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('has the library alone') as string });
  });
});
