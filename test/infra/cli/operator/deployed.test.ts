/** The commands that ask the deployed operator: what they ask, what they print, and how they end (contract 10.6). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RotationStatus } from '../../../../lambdas/core/operator/outcome.ts';
import { rotationRequestSchema } from '../../../../lambdas/core/rotation/rotation-request.ts';
import { AwsGiven } from '../../../adapters/aws/given.ts';
import { runDriven, type Ended } from '../local/run-driven.ts';

/** Answers the requests of one action with one answer after the other; the last one again and again. */
const FUNCTION = `
  const asked = {};
  export const handler = async (event) => {
    console.log('asked ' + JSON.stringify(event));
    if (process.env.FAIL) throw new TypeError(process.env.FAIL);
    const answers = JSON.parse(process.env.ANSWERS)[event.action];
    const times = (asked[event.action] = (asked[event.action] ?? -1) + 1);
    return answers[Math.min(times, answers.length - 1)];
  };
`;

const PROJECT = resolve(import.meta.dirname, '../../../..');
const ID = '0a1b2c3d4e5f';
const NODE = 'ip-10-0-1-23.ec2.internal';
const LONG = { timeout: 120_000 };

let given: AwsGiven;
let directory: string;
let asked: unknown[] = [];
let functions = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'operator-'));
  writeFileSync(join(directory, 'index.mjs'), FUNCTION);
  given = await AwsGiven.start();
  given.aws.lambda.onLog(({ line }) => {
    const [, event] = /asked (\{.*\})/.exec(line) ?? [];
    if (event !== undefined) asked.push(JSON.parse(event));
  });
});

afterEach(() => {
  asked = [];
});

afterAll(async () => {
  await given[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** A function of its own, so that it begins with the first of its answers. @param answers lists by action */
function anOperator(answers: object, environment: Record<string, string> = {}): string {
  functions += 1;
  const name = `operator-${functions}`;
  given.aws.lambda.addFunction({ name, directory, environment: { ANSWERS: JSON.stringify(answers), ...environment } });
  return name;
}

function ebb(...args: readonly string[]): Promise<Ended> {
  const env = { npm_lifecycle_event: '', PATH: process.env.PATH ?? '', ...given.aws.environment() };
  return runDriven(args, { clock: given.clock, env });
}

type Numbers = readonly [done: number, inHand: number, left: number];

function aStatus(state: RotationStatus['state'], [done, inHand, left]: Numbers, more: object = {}): RotationStatus {
  const group = { group: 'workers', way: 'detach' as const, done, inHand, left, failed: [], kept: [] };
  return {
    id: ID,
    cluster: 'shop',
    state,
    startedAt: new Date(Date.now() - 600_000).toISOString(),
    progress: { groups: [group], waitingFor: [] },
    request: rotationRequestSchema.parse({ cluster: 'shop' }),
    ...more,
  };
}

const BEGUN = { id: ID, cluster: 'shop', goesOn: false, dryRun: false };

describe('ebb rotate --function', () => {
  test('asks for the rotation that its options say, and tells how to follow it', LONG, async () => {
    const name = anOperator({ rotate: [BEGUN] });
    const { status, stdout, stderr } = await ebb(
      'rotate',
      '--function',
      name,
      '--cluster',
      'shop',
      '--max-scaling',
      '2',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(asked).toEqual([{ action: 'rotate', request: { cluster: 'shop', maxSurge: 2 } }]);
    expect(stdout).toBe(
      `Rotation ${ID} of shop has begun.\nHow far it is:\n  ebb status ${ID} --function ${name} --follow\n`,
    );
  });

  test('with --json prints the answer', LONG, async () => {
    const name = anOperator({ rotate: [BEGUN] });
    const { stdout } = await ebb('rotate', '--function', name, '--cluster', 'shop', '--json');
    expect(JSON.parse(stdout)).toEqual(BEGUN);
  });

  test('that is refused names every fault in the words of the command line, and ends with 1', LONG, async () => {
    const faults = [
      'cluster: staging is not configured: name shop',
      'groups: gpu is no enrolled group: name some of a',
    ];
    const name = anOperator({ rotate: [{ refused: 'faulty', faults }] });
    const { status, stdout, stderr } = await ebb(
      'rotate',
      '--function',
      name,
      '--cluster',
      'staging',
      '--groups',
      'gpu',
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('--cluster: staging is not configured: name shop\n--groups: gpu is no enrolled group');
  });

  test('with --follow tells a line for each change until it ends', LONG, async () => {
    const unlisted = { refused: 'unknown', faults: [`rotation: ${ID} is unknown`] };
    const soon = new Date(Date.now() + 86_400_000).toISOString();
    const status = [
      unlisted,
      aStatus('running', [0, 1, 2]),
      aStatus('running', [0, 1, 2]),
      aStatus('running', [1, 0, 2], { expectedEnd: soon }),
      aStatus('paused', [1, 0, 2]),
      aStatus('done', [3, 0, 0]),
    ];
    const name = anOperator({ rotate: [BEGUN], status });
    const ended = await ebb('rotate', '--function', name, '--cluster', 'shop', '--follow');
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    const lines = ended.stdout.trim().split('\n');
    expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
      `Rotation ${ID} of shop has begun.`,
      ' running',
      ' workers: 0 done, 1 in hand, 2 left',
      expect.stringMatching(/^ workers: 1 done, 2 left; about 2[34] h \d+ min to go, until .* UTC$/) as string,
      ' paused',
      'workers: 3 done, 0 left',
      `Rotation ${ID} of shop: done`,
    ]);
  });

  test('with --follow --json prints the answer, and a line for each change', LONG, async () => {
    const status = [aStatus('running', [0, 1, 0]), aStatus('running', [0, 1, 0]), aStatus('failed', [0, 0, 1])];
    const name = anOperator({ rotate: [BEGUN], status });
    const ended = await ebb('rotate', '--function', name, '--cluster', 'shop', '--follow', '--json');
    expect(ended.status).toBe(1);
    const lines = ended.stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { state?: string }).state)).toEqual([
      undefined,
      'running',
      'failed',
    ]);
  });

  test('with --dry-run waits for the plan, and prints it', LONG, async () => {
    const name = anOperator({ rotate: [{ ...BEGUN, dryRun: true }], status: [aStatus('planned', [0, 0, 3])] });
    const { status, stdout } = await ebb('rotate', '--function', name, '--cluster', 'shop', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('workers: 3 nodes would be replaced');
  });
});

test('Ctrl-C stops following and leaves the rotation as it is; how it goes on is told', LONG, async () => {
  const name = anOperator({ status: [aStatus('running', [0, 1, 2])] });
  const env = { ...process.env, npm_lifecycle_event: '', ...given.aws.environment() };
  const args = ['infra/cli/ebb.js', 'status', ID, '--function', name, '--follow'];
  const child = spawn(process.execPath, args, { cwd: PROJECT, env });
  child.stdout.on('data', (chunk: Buffer) => {
    if (chunk.includes('in hand')) child.kill('SIGINT');
  });
  const [code, stderr] = await Promise.all([new Promise((end) => child.once('close', end)), text(child.stderr)]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `\nRotation ${ID} goes on; it is not followed any more. To follow it again:\n  ebb status ${ID} --function ${name} --follow\nTo end it:\n  ebb stop ${ID} --function ${name}\n`,
  );
  expect(asked.every((event) => (event as { action: string }).action === 'status')).toBe(true);
});

describe('ebb retire --function', () => {
  test('asks for the retirement of the node, and tells how to look at it', LONG, async () => {
    const execution = '123456789012-eu-central-1-i-0123456789abcdef0-0123abcd';
    const answer = { execution, node: NODE, instance: 'i-0123456789abcdef0', cluster: 'shop', already: false };
    const name = anOperator({ retire: [answer] });
    const { status, stdout } = await ebb('retire', '--function', name, '--node', NODE, '--terminate-node');
    expect(status).toBe(0);
    expect(asked).toEqual([{ action: 'retire', request: { node: NODE, terminate: true } }]);
    expect(stdout).toContain(`${NODE} of shop is retired, as ${execution}.`);
    expect(stdout).toContain(`ebb status --node ${NODE} --function ${name} --cluster shop`);
  });
});

describe('ebb status', () => {
  test('draws a bar for each group, what it waits for and when it will have ended', LONG, async () => {
    const progress = { ...aStatus('running', [2, 0, 2]).progress, waitingFor: ['the pause between batches'] };
    const expectedEnd = new Date(Date.now() + 90 * 60_000).toISOString();
    const name = anOperator({ status: [aStatus('running', [2, 0, 2], { progress, expectedEnd })] });
    const { status, stdout } = await ebb('status', ID, '--function', name);
    expect(status).toBe(0);
    expect(asked).toEqual([{ action: 'status', rotation: ID }]);
    expect(stdout).toMatch(/^Rotation 0a1b2c3d4e5f of shop: running, for 1\d min; about 1 h \d+ min to go,/);
    expect(stdout).toContain('workers   ████████████············  2 done, 2 left');
    expect(stdout).toContain('waits for the pause between batches');
  });

  test('of one that has failed says why, and which nodes are left', LONG, async () => {
    const [group] = aStatus('failed', [1, 0, 1]).progress?.groups ?? [];
    const failed = [{ node: NODE, reason: 'a budget blocked it' }];
    const more = { reason: 'one failed', progress: { groups: [{ ...group, failed }] } };
    const name = anOperator({ status: [aStatus('failed', [1, 0, 1], more)] });
    const { status, stdout } = await ebb('status', ID, '--function', name);
    expect([status, stdout]).toEqual([
      0,
      [
        'workers: 1 done, 1 left, 1 failed',
        '  ip-10-0-1-23 failed: a budget blocked it',
        `Rotation ${ID} of shop: failed: one failed\n`,
      ].join('\n'),
    ]);
  });

  test('with --node tells what Ebb does with the node', LONG, async () => {
    const until = '2026-12-01T10:00:00.000Z';
    const status = {
      node: NODE,
      cluster: 'shop',
      group: 'workers',
      unschedulable: true,
      ready: true,
      marks: {},
      coolDown: { until, reason: 'a budget blocked it' },
    };
    const name = anOperator({ node: [status] });
    const { stdout } = await ebb('status', '--node', NODE, '--function', name);
    expect(asked).toEqual([{ action: 'node', node: NODE }]);
    expect(stdout).toBe(
      `${NODE} (cluster shop, group workers) is Ready and cordoned.\nLeft alone until Tue 1 Dec 2026 10:00 UTC: a budget blocked it\n`,
    );
  });

  test('of an unknown rotation says so, and ends with 1', LONG, async () => {
    const name = anOperator({
      status: [{ refused: 'unknown', faults: ['rotation: r9 is unknown: it was never begun'] }],
    });
    for (const follow of [[], ['--follow']]) {
      const { status, stderr } = await ebb('status', 'r9', '--function', name, ...follow);
      expect([status, stderr]).toEqual([1, 'rotation: r9 is unknown: it was never begun\n']);
    }
  });
});

test.each([
  ['pause', 'pause', 'begins nothing more until it is resumed'],
  ['resume', 'go', 'goes on'],
  ['stop', 'stop', 'ends once its nodes in hand are done'],
])('ebb %s says what is wanted of the rotation', LONG, async (action, wanted, words) => {
  const name = anOperator({ [action]: [{ id: ID, cluster: 'shop', wanted }] });
  const { status, stdout } = await ebb(action, ID, '--function', name);
  expect(status).toBe(0);
  expect(asked).toEqual([{ action, rotation: ID }]);
  expect(stdout).toContain(`Rotation ${ID} of shop ${words}`);
});

test.each<[string, () => string, string[]]>([
  [
    'a function that fails',
    () => anOperator({}, { FAIL: 'no such parameter' }),
    ['failed: TypeError: no such parameter'],
  ],
  [
    'another function',
    () => anOperator({ stop: [[{ cluster: 'shop' }]] }),
    ['is it the operator? Output OperatorFunction'],
  ],
  ['no function of that name', () => 'gone', ['not found: ', 'Output OperatorFunction']],
])('%s is told with what to do', LONG, async (_what, named, words) => {
  const { status, stdout, stderr } = await ebb('stop', ID, '--function', named());
  expect([status, stdout]).toEqual([1, '']);
  for (const word of words) expect(stderr).toContain(word);
});
