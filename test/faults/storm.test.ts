/** Many notices at once (faults 15), with AWS's rates: the shipped workflows on the driven clock, clusters in memory. */
import { expect, test } from 'vitest';
import { runStorm } from '../bench/storm/storm-run.ts';
import { stormTable } from '../bench/storm/storm-table.ts';

/** As fast as 5,000 in 10 s, while AWS allows 100 calls a second to Auto Scaling. */
const PLAN = { notices: 250, seconds: 0.5, clusters: 2, stay: 400, podsPerNode: 3, autoScaling: 100 };

test('faults 15: of a burst of events all retirements start within a minute, none is lost, and each cluster keeps its limit', async () => {
  const result = await runStorm(PLAN);
  expect(result).toMatchObject({ notices: 250, lost: 0, doubleDrains: 0, executions: 250 });
  expect(result.startedLast).toBeLessThan(60);
  // contract 4.10: 25 by default.
  expect(result.atOnce).toBeLessThanOrEqual(25);
  expect(result.isolatedP99).toBeLessThan(3);
  expect(stormTable(result)).toMatch(/^lost {2,}0$/m);
});

test('faults 15: the bench can fail: where Auto Scaling allows next to nothing, hooks run out and instances are lost', async () => {
  const result = await runStorm({ ...PLAN, notices: 60, seconds: 0.1, autoScaling: 0.3 });
  expect(result.lost).toBeGreaterThan(0);
});
