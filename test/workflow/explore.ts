/**
 * `npm run -s explore`: draws new random scenarios, where `npm test` tries the same ones each time, and looks for one in
 * which the shipped workflow breaks a promise. Exit status 1 when there is one.
 */
import { parseArgs } from 'node:util';
import { runCommand, print, wholeNumber, WrongUsage } from '../demo/command.ts';
import { givenSeed } from '../seed.ts';
import { describeBroken, searchBroken, type Broken } from './model/search.ts';

const USAGE = `npm run -s explore -- [--minutes N] [--seed N] [--runs N]

Draws random scenarios of a retirement, and prints the smallest that breaks a promise:
  --minutes N  for how long (default 10; with --seed, until its scenarios are through)
  --seed N     the scenarios of this seed only; without it new seeds are drawn, one after another
  --runs N     how many scenarios of each seed (default 6000)`;

const MINUTE_MS = 60_000;

/** For how long a smaller scenario is sought that breaks a promise too. */
const SHRINK_SECONDS = 60;

/** How often it is said how far it has come. */
const TOLD_EVERY_MS = 15_000;

interface Options {
  readonly help: boolean;
  readonly seed?: number;
  readonly runs: number;
  /** When it ends, in milliseconds of `performance.now()`. */
  readonly until: number;
}

process.exitCode = await runCommand('explore', USAGE, async () => {
  const options = readOptions(process.argv.slice(2));
  return options.help ? print(USAGE) : await explore(options);
});

/** @returns the exit status */
async function explore({ seed, runs, until }: Options): Promise<number> {
  let scenarios = 0;
  do {
    const drawn = seed ?? givenSeed('random');
    const { tried, broken } = await trySeed({ seed: drawn, runs, until });
    scenarios += tried;
    if (broken !== undefined) return tellBroken(broken, { seed: drawn, runs });
  } while (seed === undefined && performance.now() < until);
  return print(`${scenarios} scenarios, and every promise held`);
}

async function trySeed(given: {
  seed: number;
  runs: number;
  until: number;
}): Promise<{ tried: number; broken: Broken | undefined }> {
  const { seed, runs } = given;
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
  const broken = await searchBroken({ ...given, shrinkSeconds: SHRINK_SECONDS, onRun });
  tell();
  return { tried, broken };
}

function tellBroken(broken: Broken, { seed, runs }: { seed: number; runs: number }): number {
  print(`\nA promise is broken. npm run -s explore -- --seed ${seed} --runs ${runs} finds it again:\n`);
  print(describeBroken(broken));
  return 1;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const { help, minutes, seed, runs } = values;
  const lasts = minutes !== undefined ? wholeNumber('--minutes', minutes) : seed === undefined ? 10 : Infinity;
  return {
    help,
    ...(seed !== undefined && { seed: seedOf(seed) }),
    runs: wholeNumber('--runs', runs),
    until: performance.now() + lasts * MINUTE_MS,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        seed: { type: 'string' },
        runs: { type: 'string', default: '6000' },
      },
    });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

/** What a search of `npm test` has said is a seed here too. */
function seedOf(text: string): number {
  const seed = Number(text);
  if (text !== '' && Number.isInteger(seed)) return seed;
  throw new WrongUsage(`--seed takes a whole number, not ${JSON.stringify(text)}`);
}
