/**
 * A usual drain, its process killed at every request and at every checkpoint, each before and after it is handled: the
 * end is that of an undisturbed one (faults 30, P5). In the model, where each place costs milliseconds.
 */
import { describe, expect, test } from 'vitest';
import { runModel, type ModelRun } from './run/model-run.ts';
import type { App, Crash, Scenario } from './run/scenario.ts';

const APP: App = {
  kind: 'ReplicaSet',
  here: 4,
  elsewhere: 2,
  unready: 0,
  startSeconds: 2,
  alwaysAllowsUnhealthy: false,
  coveredTwice: false,
  graceSeconds: 30,
  stopSeconds: 20,
  isProtected: false,
  isCritical: false,
  comesBack: false,
};

/** Budgets, implied budgets, both waves, a volume, and a drain that is long enough to heartbeat. */
const USUAL: Scenario = {
  seed: 1,
  hookTimeoutSeconds: 60,
  drain: {
    timeoutSeconds: 600,
    atDeadline: 'force',
    impliedBudget: 0.25,
    maxEvictionsInFlight: 50,
    pauseBetweenEvictionsSeconds: 0,
    detachTimeoutSeconds: 300,
  },
  retains: false,
  standing: 'waiting',
  node: { joins: 'before', cordoned: false, marked: true, leftover: false },
  apps: [
    { ...APP, spare: 1 },
    { ...APP, kind: 'StatefulSet', here: 2, detachSeconds: 10 },
    { ...APP, kind: 'DaemonSet', here: 1 },
    { ...APP, here: 1, isCritical: true },
  ],
  latencyMs: 5,
  lagMs: 20,
  faults: [],
  crashes: [],
};

/** One pod must be forced, so the deadline comes into it, and suspensions do. */
const FORCED: Scenario = { ...USUAL, apps: [...USUAL.apps, { ...APP, spare: 0, graceSeconds: 120 }] };

/** What must not depend on crashes. */
function endOf({ retirements, world, broke }: ModelRun) {
  const { group, node, workloads } = world;
  return {
    broke,
    results: retirements.map(({ ended }) => ended),
    hook: group.ended?.by,
    gone: [...workloads.gone].sort(),
    left: workloads.on('here').map(({ pod }) => pod.name),
    taints: node.object?.taints,
    labels: node.object?.labels,
    unschedulable: node.object?.unschedulable,
  };
}

describe.each([
  ['drains in time', USUAL, 'drained'],
  ['is forced', FORCED, 'forced'],
] as const)('a retirement that %s', { timeout: 60_000 }, (_, scenario, result) => {
  test(`ends ${result} when nothing disturbs it`, async () => {
    expect(endOf(await runModel(scenario))).toMatchObject({
      broke: [],
      results: [{ retired: { result } }],
      hook: 'us',
    });
  });

  test.each<[Crash['when'], Crash['of'], number]>([
    ['before', 'checkpoint', 10],
    ['after', 'checkpoint', 10],
    ['before', 'request', 20],
    ['after', 'request', 20],
  ])('ends the same when it is killed %s any %s', async (when, of, atLeast) => {
    const undisturbed = endOf(await runModel(scenario));
    let places = 0;
    for (let isKilled = true; isKilled; places += 1) {
      const crash = { of, when, count: places + 1, pauseSeconds: 1 };
      const killed = await runModel({ ...scenario, crashes: [crash] });
      isKilled = killed.world.witness.pauses.length > 0;
      expect(endOf(killed), JSON.stringify(crash)).toEqual(undisturbed);
    }
    expect(places).toBeGreaterThan(atLeast);
  });
});
