/** `npm run demo -- --kubeconfig` as a user runs it: as a process, with its lines, its signals and its exit status. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { readOptions, usage } from '../options.ts';
import { NODE, SomebodysCluster } from './somebodys-cluster.ts';

// Whole installations in real time: seconds each, and more beside other work.
vi.setConfig({ testTimeout: 90_000 });

const PROJECT = resolve(import.meta.dirname, '../../..');

function start(...options: string[]) {
  const child = spawn(process.execPath, ['test/demo/demo.ts', ...options], { cwd: PROJECT });
  const status = new Promise<number | null>((end) => child.once('close', end));
  const [output, errors] = [text(child.stdout), text(child.stderr)];
  const ended = async () => ({ status: await status, output: await output, errors: await errors });
  return { child, ended };
}

test('--json --yes prints domain events alone and ends with the outcome', async () => {
  await using given = await SomebodysCluster.start();
  await given.populate();
  const run = start('--kubeconfig', given.kubeconfig(), '--node', NODE, '--json', '--yes');
  const { status, output, errors } = await run.ended();
  const events = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  expect(events.at(-1)).toMatchObject({ type: 'demo.finished', ok: true, scenario: 'own-cluster', pods: 5 });
  expect(events.map(({ type }) => type)).toContain('node.restored');
  expect(errors).toContain('evict   shop/db-0');
  expect(status).toBe(0);
});

test('without a terminal and without --yes it shows what it would do, and does nothing', async () => {
  await using given = await SomebodysCluster.start();
  await given.populate();
  const { status, output, errors } = await start('--kubeconfig', given.kubeconfig(), '--node', NODE).ended();
  expect(status).toBe(1);
  expect(output).toContain('evict   shop/db-0');
  expect(errors).toBe(
    'demo: nobody can be asked here, because this is no terminal\n  say --yes if the node above is to be drained\n',
  );
  expect(given.peer.requests.entries.filter(({ verb }) => verb === 'patch')).toEqual([]);
});

test('an interrupt puts the node back before it ends the demo with 130', async () => {
  await using given = await SomebodysCluster.start();
  await given.populateHeld();
  const run = start('--kubeconfig', given.kubeconfig(), '--node', NODE, '--yes');
  run.child.stdout.on('data', (chunk: Buffer) => {
    if (chunk.includes('blocked')) run.child.kill('SIGTERM');
  });
  expect((await run.ended()).status).toBe(130);
  expect(given.node.spec.unschedulable).toBeUndefined();
  expect(given.node.metadata.annotations?.['ebb/retirement']).toBeUndefined();
});

const file = ['--kubeconfig', 'file'];

test.each([
  [[...file], '--kubeconfig needs --node'],
  [['--node', 'worker'], 'go with --kubeconfig'],
  [['--yes'], 'go with --kubeconfig'],
  [[...file, '--node', 'worker', '--scenario', 'lifecycle'], 'exclude each other'],
  [[...file, '--node', 'worker', '--drain-timeout', '59'], '--drain-timeout takes 60 to 172800 seconds, not "59"'],
  [[...file, '--node', 'worker', '--drain-timeout', '1h'], 'not "1h"'],
])('%j is refused', (args, words) => {
  expect(() => readOptions(args)).toThrow(words);
});

test('the options are read, with their defaults, and all stand in --help', () => {
  expect(readOptions([...file, '--node', 'worker']).own).toEqual({
    kubeconfig: 'file',
    node: 'worker',
    drainTimeoutSeconds: 3600,
    keepIsolated: false,
  });
  const all = [...file, '--node', 'worker', '--drain-timeout', '90', '--keep-isolated', '--yes', '--json'];
  expect(readOptions(all)).toMatchObject({
    yes: true,
    json: true,
    own: { drainTimeoutSeconds: 90, keepIsolated: true },
  });
  for (const option of all.filter((word) => word.startsWith('--'))) expect(usage()).toContain(option);
});
