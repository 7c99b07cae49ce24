/**
 * `ebb rotate`, `retire`, `status` and `stop` against the operator as it is deployed: the command line in a thread of its own,
 * the bundled functions behind it, AWS and Kubernetes over the wire (contract 10.6).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runDriven, type Ended } from '../infra/cli/local/run-driven.ts';
import { Installation } from '../installation.ts';

const CLUSTER = 'production';
const GROUP = 'workers';
const LONG = { timeout: 240_000 };

let installation: Installation;

beforeAll(async () => {
  const clusters = [{ name: CLUSTER, groups: [{ name: GROUP }] }];
  installation = await Installation.start({ configuration: { clusters, rotation: true, operator: {} }, nodes: 2 });
  installation.joinLaunched({ bootSeconds: 30 });
  await installation.clock.advance(600_000);
});
afterAll(async () => {
  await installation.stop();
});

/**
 * Real milliseconds that a driven second takes at least: the command signs its requests in a thread of its own, and AWS takes
 * no signature that is five minutes old.
 */
const SECOND_MS = 10;

/** Runs it to its end, while the functions that it asks run too. */
function ebb(...args: readonly string[]): Promise<Ended> {
  const { aws, clock } = installation;
  const env = { npm_lifecycle_event: '', PATH: process.env.PATH ?? '', ...aws.environment() };
  const drive = async (ended: Promise<void>, hasOpenRequest: () => boolean): Promise<void> => {
    let isOver = false;
    let jumpsAgain = 0;
    // The command looks every few seconds, by timers that only its own thread knows.
    const tick = (): void => {
      jumpsAgain = performance.now() + SECOND_MS;
      if (!isOver) clock.after(1_000, tick);
    };
    tick();
    const busy = (): boolean => hasOpenRequest() || performance.now() < jumpsAgain;
    await aws.driveUntil(ended, { whileRunning: true, busy });
    isOver = true;
  };
  const place = ['--function', installation.functionNamed('Operator')];
  return runDriven([...args, ...place], { clock, env, drive });
}

test('a rotation is begun and followed to its end, and its status tells so afterwards', LONG, async () => {
  const { aws } = installation;
  const before = aws.autoScaling.instanceIds(GROUP);
  const { status, stdout, stderr } = await ebb('rotate', '--cluster', CLUSTER, '--max-surge', '2', '--follow');
  expect([status, stderr]).toEqual([0, '']);
  const [, id = ''] = /^Rotation (\w+) of production has begun\.$/m.exec(stdout) ?? [];
  expect(stdout).toMatch(/workers: \d done, 2 in hand, 0 left/);
  expect(stdout).toMatch(/workers: 2 done, 0 left\nRotation \w+ of production: done, .* UTC\n$/);
  expect(aws.autoScaling.instanceIds(GROUP).filter((each) => before.includes(each))).toEqual([]);
  expect((await ebb('status', id)).stdout).toContain(`Rotation ${id} of production: done`);
  const stopped = await ebb('stop', id);
  expect([stopped.status, stopped.stderr]).toEqual([1, `rotation: ${id} of production has ended (done)\n`]);
});

test('a refusal names every fault, and nothing begins', LONG, async () => {
  const { status, stderr } = await ebb('rotate', '--cluster', CLUSTER, '--groups', 'gpu,arm');
  expect([status, stderr]).toEqual([
    1,
    '--groups: gpu is no enrolled group: name some of workers\n--groups: arm is no enrolled group: name some of workers\n',
  ]);
});

test('a dry run prints what would be done', LONG, async () => {
  const { status, stdout } = await ebb('rotate', '--cluster', CLUSTER, '--dry-run');
  expect([status, stdout]).toEqual([0, expect.stringContaining('workers: 2 nodes would be replaced, detached')]);
});

test('a node is retired, and its status tells so', LONG, async () => {
  const { aws } = installation;
  const [instance = ''] = aws.autoScaling.instanceIds(GROUP);
  const node = installation.nodeOf(instance);
  const { status, stdout } = await ebb('retire', '--node', node);
  expect([status, stdout]).toEqual([0, expect.stringContaining(`${node} of production is retired, as `)]);
  await aws.driveUntil(() => aws.lambda.executions.every((each) => each.status !== 'RUNNING'));
  const told = await ebb('status', '--node', node);
  expect(told.stdout.replaceAll(/\s+/g, ' ')).toContain(
    'is Ready and cordoned. It is drained, and was left as it is by',
  );
});
