/**
 * Scenarios that `npm run -s explore` and its forerunner found to break a promise, one a line, with the promise that it
 * broke: all hold now. A new find is added as it was printed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runModel } from './run/model-run.ts';
import type { Scenario } from './run/scenario.ts';

interface Recorded {
  readonly holds: string;
  readonly broke: string;
  readonly scenario: Scenario;
}

const RECORDED = readFileSync(join(import.meta.dirname, 'recorded-scenarios.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

test.each(RECORDED)('$holds', async ({ scenario }) => {
  expect((await runModel(scenario)).broke).toEqual([]);
});
