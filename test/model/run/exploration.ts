/** A search that draws new scenarios, seed by seed, and says how far it has come. */
import { print } from '../../command/command.ts';
import { givenSeed } from '../../seed.ts';
import type { Bug } from './model-run.ts';
import { describeBroken, searchBroken, type Broken } from './search.ts';

export interface Exploration {
  /** The only one; absent: new ones are drawn, one after another. */
  readonly seed?: number;
  /** How many scenarios of each seed. */
  readonly runs: number;
  /** When it ends, in milliseconds of `performance.now()`. */
  readonly until: number;
  readonly bug?: Bug;
  /** For how long a smaller scenario is sought that breaks a promise too. @default 60 */
  readonly shrinkSeconds?: number;
}

/** How often it is said how far it has come. */
const TOLD_EVERY_MS = 15_000;

/** @returns the exit status: 1 when a promise is broken */
export async function explore({ seed, ...search }: Exploration): Promise<number> {
  let scenarios = 0;
  do {
    const drawn = seed ?? givenSeed('random');
    const { tried, broken } = await trySeed({ seed: drawn, ...search });
    scenarios += tried;
    if (broken !== undefined) return tellBroken(broken, { seed: drawn, ...search });
  } while (seed === undefined && performance.now() < search.until);
  return print(`${scenarios} scenarios, and every promise held`);
}

async function trySeed(
  search: Exploration & { readonly seed: number },
): Promise<{ tried: number; broken: Broken | undefined }> {
  const { seed, runs, shrinkSeconds = 60 } = search;
  const began = performance.now();
  let tried = 0;
  let toldAt = began;
  const tell = (): void => {
    toldAt = performance.now();
    print(`seed ${seed}: ${tried} of ${runs} scenarios in ${Math.round((toldAt - began) / 1000)} s`);
  };
  const onRun = (): void => {
    tried += 1;
    if (performance.now() >= toldAt + TOLD_EVERY_MS) tell();
  };
  const broken = await searchBroken({ ...search, shrinkSeconds, onRun });
  tell();
  return { tried, broken };
}

function tellBroken(broken: Broken, { seed, runs }: { seed: number; runs: number }): number {
  print(`\nA promise is broken. npm run -s explore -- --seed ${seed} --runs ${runs} finds it again:\n`);
  print(describeBroken(broken));
  return 1;
}
