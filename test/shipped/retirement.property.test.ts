/**
 * The promises (faults P1–P6) for the shipped bundles: retirements of random nodes, one after another, against
 * embedded HTTPS peers and on a driven clock, with faults of the cluster and of AWS and with killed sandboxes. What holds
 * is read back from the peers. The seed is told; `EBB_SEED` sets it, `random` draws one, `EBB_WIRE_RUNS` sets how many there are.
 */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Installation } from '../installation.ts';
import { judgeOnPeers } from './judgement.ts';
import { seeRetirement, type Seen } from './retirement.ts';
import { disturb, furnish, GROUPS, shippedScenarios } from './scenarios.ts';
import { givenSeed } from '../seed.ts';

const RUNS = Number(process.env.EBB_WIRE_RUNS ?? 25);
const SEED = givenSeed();

let installation: Installation;
let heal: () => void = () => undefined;
const ends: Seen[] = [];

beforeAll(async () => {
  console.log(`${RUNS} retirements; EBB_SEED=${SEED} EBB_WIRE_RUNS=${RUNS} repeats them`);
  const groups = Object.values(GROUPS);
  installation = await Installation.start({
    configuration: { clusters: [{ name: 'production', groups }] },
    nodes: 1,
    podsPerNode: 500,
  });
  installation.aws.eventBridge.deliveries = 2;
  installation.kubernetes.world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
});
afterEach(() => {
  heal();
  installation.kubernetes.faults.clear();
  vi.restoreAllMocks();
});
afterAll(async () => {
  await installation.stop();
});

test.each(fc.sample(shippedScenarios, { seed: SEED, numRuns: RUNS }).map((scenario, index) => ({ scenario, index })))(
  'retirement $index',
  { timeout: 60_000 },
  async ({ scenario, index }) => {
    const seen = await seeRetirement(installation, {
      group: scenario.group,
      furnish: (kubernetes, node) => {
        furnish(kubernetes, node, { scenario, namespace: `run-${index}` });
      },
      disturb: (instance) => {
        heal = disturb(installation, instance, scenario);
      },
    });
    ends.push(seen);
    expect(judgeOnPeers(seen, scenario), `EBB_SEED=${SEED}, scenario ${JSON.stringify(scenario)}`).toEqual([]);
  },
);

test.runIf(RUNS >= 25)('sandboxes were killed, pods sent away and nodes drained', () => {
  const results = ends.flatMap(({ executions }) => executions.map(({ result = '' }) => result));
  expect(ends.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThan(RUNS / 5);
  expect(ends.reduce((sum, { sentAway }) => sum + sentAway.length, 0)).toBeGreaterThan(RUNS);
  expect(results).toContain('{"result":"drained"}');
});
