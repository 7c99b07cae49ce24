/**
 * `npm run -s explore`: draws new random scenarios, where `npm test` tries the same ones each time, and looks for one in
 * which the shipped workflow breaks a promise. Exit status 1 when there is one.
 */
import { parseArgs } from 'node:util';
import { runCommand, print, wholeNumber, orWrongUsage, WrongUsage } from '../command/command.ts';
import { explore, type Exploration } from './run/exploration.ts';

const USAGE = `npm run -s explore -- [--minutes N] [--seed N] [--runs N]

Draws random scenarios of a retirement, and prints the smallest that breaks a promise:
  --minutes N  for how long (default 10; with --seed, until its scenarios are through)
  --seed N     the scenarios of this seed only; without it new seeds are drawn, one after another
  --runs N     how many scenarios of each seed (default 6000)`;

const MINUTE_MS = 60_000;

interface Options extends Exploration {
  readonly help: boolean;
}

process.exitCode = await runCommand('explore', USAGE, async () => {
  const options = readOptions(process.argv.slice(2));
  return options.help ? print(USAGE) : await explore(options);
});

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
  return orWrongUsage(() =>
    parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        seed: { type: 'string' },
        runs: { type: 'string', default: '6000' },
      },
    }),
  );
}

/** What a search of `npm test` has said is a seed here too. */
function seedOf(text: string): number {
  const seed = Number(text);
  if (text !== '' && Number.isInteger(seed)) return seed;
  throw new WrongUsage(`--seed takes a whole number, not ${JSON.stringify(text)}`);
}
