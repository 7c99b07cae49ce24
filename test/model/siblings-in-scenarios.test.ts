/** Workloads whose pods differ in their labels (contract 4.5): how they leave, and what taking labels for siblings would do. */
import { describe, expect, test } from 'vitest';
import { HOUR, SECOND } from '../given.ts';
import { runModel } from './run/model-run.ts';
import { siblingsByLabels } from './run/planted-bugs.ts';
import type { App, Scenario } from './run/scenario.ts';

/** Three pods here and three elsewhere, without a budget. */
const APP: App = {
  kind: 'ReplicaSet',
  here: 3,
  elsewhere: 3,
  unready: 0,
  startSeconds: 2,
  alwaysAllowsUnhealthy: false,
  coveredTwice: false,
  graceSeconds: 30,
  stopSeconds: 1,
  isProtected: false,
  isCritical: false,
  comesBack: false,
};

function scenarioOf(app: Partial<App>): Scenario {
  return {
    seed: 1,
    hookTimeoutSeconds: 900,
    drain: {
      timeoutSeconds: HOUR / SECOND,
      atDeadline: 'force',
      impliedBudget: 0.25,
      maxEvictionsInFlight: 50,
      pauseBetweenEvictionsSeconds: 0,
      detachTimeoutSeconds: 300,
    },
    retains: false,
    standing: 'waiting',
    node: { joins: 'before', cordoned: false, marked: false, leftover: false },
    apps: [{ ...APP, ...app }],
    latencyMs: 5,
    lagMs: 20,
    faults: [],
    crashes: [],
  };
}

describe.each<[string, Partial<App>, RegExp]>([
  ['a ReplicaSet over three zones', { labels: 'zones' }, /4\.5: app0-\d is forced, although it could have left/],
  [
    'a StatefulSet with a pod that somebody labelled',
    { kind: 'StatefulSet', labels: 'one by hand' },
    /4\.5: .* could have left/,
  ],
  [
    'a kind that nobody knows, each pod with a label of its own',
    { kind: 'CloneSet', labels: 'each its own' },
    /P3: app0 is left with 4 of 6/,
  ],
])('%s', (_, app, promise) => {
  test('leaves by eviction, at the pace of its controller', async () => {
    const { broke, retirements } = await runModel(scenarioOf(app));
    expect(broke).toEqual([]);
    expect(retirements[0]?.ended).toEqual({ retired: { result: 'drained' } });
  });

  test('would break a promise if its pods were found by labels', async () => {
    expect((await runModel(scenarioOf(app), siblingsByLabels)).broke.join('\n')).toMatch(promise);
  });
});
