/**
 * The search for a scenario that breaks a promise: random ones by a seed, and once one is found, smaller ones for a
 * while. The same seed and count find the same.
 */
import fc from 'fast-check';
import { runModel, type Bug, type ModelRun } from './model-run.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

export interface Search {
  readonly seed: number;
  /** How many scenarios are tried at most. */
  readonly runs: number;
  readonly bug?: Bug;
  /** For how long smaller scenarios are tried once one is found. @default 0 */
  readonly shrinkSeconds?: number;
  /** When no further ones are tried, in milliseconds of `performance.now()`. @default never */
  readonly until?: number;
  /** Told each run, until one breaks a promise. */
  readonly onRun?: (run: ModelRun) => void;
}

/** A scenario, and what it breaks. */
export interface Broken {
  readonly scenario: Scenario;
  readonly promises: readonly string[];
}

/** The smallest that was found; undefined when every promise has held in every scenario. */
export async function searchBroken(search: Search): Promise<Broken | undefined> {
  const { seed, runs, bug, shrinkSeconds = 0, until = Infinity, onRun } = search;
  let found: Broken | undefined;
  let endsAt = until;
  let isOver = false;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    if (isOver) return;
    if (performance.now() >= endsAt) {
      isOver = true;
      // Thrown, it ends the search; once something is found, what is left to try is smaller, and is passed over.
      if (found === undefined) throw new Error('time is up');
      return;
    }
    const promises = await brokenBy(scenario, bug, found === undefined ? onRun : undefined);
    if (promises.length === 0) return;
    if (found === undefined) endsAt = performance.now() + shrinkSeconds * 1000;
    found = { scenario, promises };
    throw new Error(promises.join('\n'));
  });
  await fc.check(property, { seed, numRuns: runs, endOnFailure: shrinkSeconds === 0 });
  return found;
}

/** As a person reads it, to be made again by its scenario alone. */
export function describeBroken({ scenario, promises }: Broken): string {
  return `${promises.join('\n')}\nin the scenario ${JSON.stringify(scenario)}`;
}

async function brokenBy(scenario: Scenario, bug?: Bug, onRun?: (run: ModelRun) => void): Promise<readonly string[]> {
  try {
    const run = await runModel(scenario, bug);
    onRun?.(run);
    return run.broke;
  } catch (error) {
    return [`the run itself fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}
