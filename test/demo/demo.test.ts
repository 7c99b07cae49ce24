/**
 * The demo as a user runs it: as a process, with its lines and its exit status. Most scenarios run in this process, to
 * their last line: loading the demo takes longer than they do.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readOptions } from './options.ts';
import { runScenario } from './run-scenario.ts';
import { jsonTelling } from './telling/json-telling.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Runs one with `--json`. @returns its lines, parsed */
async function linesOf(...options: string[]): Promise<{ type: string }[]> {
  const lines: string[] = [];
  const chosen = readOptions(['--json', ...options]);
  const outcome = await runScenario(
    chosen,
    jsonTelling((line) => lines.push(line)),
    false,
  );
  const parsed = lines.map((line) => JSON.parse(line) as { type: string });
  expect(parsed.at(-1)).toMatchObject({ type: 'demo.finished', ok: outcome.ok });
  return parsed;
}

function runDemo(...options: string[]) {
  const run = spawnSync(process.execPath, ['test/demo/demo.ts', ...options], { cwd: PROJECT, encoding: 'utf8' });
  return { status: run.status, lines: run.stdout.trim().split('\n'), errors: run.stderr };
}

const finishedSchema = z.strictObject({
  type: z.literal('demo.finished'),
  ok: z.boolean(),
  scenario: z.string(),
  seconds: z.number(),
  pods: z.number(),
  unbudgetedControllers: z.number(),
  requests: z.strictObject({ kubernetes: z.number(), aws: z.number() }),
  cost: z.optional(
    z.strictObject({
      billedSeconds: z.number(),
      suspendedSeconds: z.number(),
      operations: z.number(),
      invocations: z.number(),
      dollars: z.number(),
    }),
  ),
  servedRequests: z.optional(z.number()),
  failedRequests: z.optional(z.number()),
  /** What did not hold; it is no good end, and the failure's message tells it. */
  unmet: z.optional(z.array(z.string())),
});

function finishedOf(events: readonly { type: string }[]): z.infer<typeof finishedSchema> {
  return finishedSchema.parse(events.at(-1));
}

describe('npm run demo', () => {
  test('--json prints domain events and ends with the outcome; its expectations hold', { timeout: 90_000 }, () => {
    const { status, lines } = runDemo('--json');
    const events = lines.map((line) => JSON.parse(line) as { type: string });
    const finished = finishedOf(events);
    expect(finished).toMatchObject({ ok: true, scenario: 'lifecycle' });
    expect(status).toBe(0);
    expect(finished.pods).toBeGreaterThanOrEqual(9);
    expect(finished.requests.kubernetes).toBeLessThanOrEqual(finished.pods + 16 + 2 * finished.unbudgetedControllers);
    expect(finished.seconds).toBeLessThan(60);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'pod.evicted')).toHaveLength(finished.pods);
    const order = [
      'retirement.started',
      'node.isolated',
      'pod.evicted',
      'node.drained',
      'volumes.detached',
      'hook.completed',
      'retirement.finished',
    ];
    expect(order.map((type) => types.indexOf(type))).toEqual(
      order.map((type) => types.indexOf(type)).toSorted((a, b) => a - b),
    );
    expect(types).toContain('eviction.blocked');
  });

  test('without a terminal prints plain lines, and what held at the end', { timeout: 90_000 }, () => {
    const { status, lines } = runDemo();
    expect(status).toBe(0);
    expect(lines.join('\n')).not.toContain('\u001b');
    for (const said of [
      'node isolated',
      'evicted  shop/web',
      'blocked  shop/web',
      'volume   pv-shop-data-db-0 detached',
      'hook completed',
      '✔ no workload fell below',
    ]) {
      expect(
        lines.some((line) => line.includes(said)),
        said,
      ).toBe(true);
    }
  });

  test.each(['blocked', 'deadline', 'crash'])(
    '--scenario %s --json ends well, and says what it cost',
    { timeout: 240_000 },
    async (scenario) => {
      const finished = finishedOf(await linesOf('--scenario', scenario));
      expect(finished).toMatchObject({ ok: true, scenario });
      expect(finished.cost?.suspendedSeconds).toBeGreaterThan(0);
      expect(finished.cost?.dollars).toBeGreaterThan(0);
      expect(finished.cost?.dollars).toBeLessThan(0.05);
    },
  );

  test.each([
    { options: [], failed: { least: 0, most: 0 } },
    // So that the other can fail: with all else the same, some of the node's share of the requests does.
    { options: ['--without-withdraw'], failed: { least: 30, most: 900 } },
  ])('--scenario traffic $options: requests failed as expected', { timeout: 240_000 }, async ({ options, failed }) => {
    const finished = finishedOf(await linesOf('--scenario', 'traffic', ...options));
    expect(finished).toMatchObject({ ok: true, scenario: 'traffic' });
    expect(finished.servedRequests).toBeGreaterThan(2000);
    expect(finished.failedRequests).toBeGreaterThanOrEqual(failed.least);
    expect(finished.failedRequests).toBeLessThanOrEqual(failed.most);
  });

  test(
    '--scenario spot --json ends well within its two minutes, and suspends nothing',
    { timeout: 240_000 },
    async () => {
      const finished = finishedOf(await linesOf('--scenario', 'spot'));
      expect(finished).toMatchObject({ ok: true, scenario: 'spot', cost: { suspendedSeconds: 0 } });
    },
  );

  test('--scenario drift --json replaces every node that is out of date', { timeout: 240_000 }, async () => {
    const events = await linesOf('--scenario', 'drift');
    expect(finishedOf(events)).toMatchObject({ ok: true, scenario: 'drift' });
    const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
    expect([count('node.drifted'), count('node.due'), count('instance.terminated')]).toEqual([5, 5, 5]);
    expect(count('pod.forced')).toBe(0);
  });

  test.each([[[]], [['--fail-replacement']], [['--kill']]])(
    '--scenario rotation %j --json ends well',
    { timeout: 240_000 },
    async (options) => {
      const finished = finishedOf(await linesOf('--scenario', 'rotation', ...options));
      expect(finished).toMatchObject({ ok: true, scenario: 'rotation' });
    },
  );

  test(
    '--scenario openstack --json moves the guests before the pods, and follows a cordon',
    { timeout: 120_000 },
    async () => {
      const events = await linesOf('--scenario', 'openstack');
      expect(finishedOf(events)).toMatchObject({ ok: true, scenario: 'openstack' });
      const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
      expect([count('host.evacuated'), count('guest.stayed'), count('compute.enabled')]).toEqual([2, 1, 1]);
      expect(JSON.stringify(events)).not.toContain('adminpw');
    },
  );

  test('--scenario drift --dry-run tells the plan, and changes nothing', { timeout: 120_000 }, () => {
    const { status, lines } = runDemo('--scenario', 'drift', '--dry-run');
    expect(status).toBe(0);
    expect(lines.join('\n')).toContain('5 of 7 nodes in 3 groups have drifted: 2 go now and 3 wait.');
    expect(lines).toContain('✔ nothing has changed');
  });

  test('refuses a dry run of what cannot be told without being done', () => {
    const { status, errors } = runDemo('--dry-run');
    expect(status).toBe(2);
    expect(errors).toContain('--dry-run goes with --scenario drift');
  });

  test('refuses to go without the withdrawal where no requests are sent', () => {
    const { status, errors } = runDemo('--without-withdraw');
    expect(status).toBe(2);
    expect(errors).toContain('--without-withdraw goes with --scenario traffic');
  });

  test('refuses an unknown scenario, listing those there are', () => {
    const { status, errors } = runDemo('--scenario', 'meteor');
    expect(status).toBe(2);
    expect(errors).toContain('there is no scenario "meteor"');
    expect(errors).toMatch(/lifecycle {2,}\S/);
  });

  test('refuses an unknown option', () => {
    const { status, errors } = runDemo('--colour');
    expect(status).toBe(2);
    expect(errors).toContain('--colour');
  });
});
