/** The command by which a rotation goes on: as it was typed, with the time from which nodes are new. */
import { afterEach, expect, test, vi } from 'vitest';
import { commandToGoOn } from '../../../../infra/cli/local/go-on.ts';

const SINCE = new Date('2026-11-30T14:00:00.000Z');

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  [['rotate', '--local'], 'ebb rotate --local --since 2026-11-30T14:00:00.000Z'],
  [['rotate', '--since', '2026-11-29', '--local'], 'ebb rotate --local --since 2026-11-30T14:00:00.000Z'],
  [['rotate', '--since=2026-11-29', '--local'], 'ebb rotate --local --since 2026-11-30T14:00:00.000Z'],
  [
    ['rotate', '--config', "it's mine.json"],
    String.raw`ebb rotate --config 'it'\''s mine.json' --since 2026-11-30T14:00:00.000Z`,
  ],
])('of %j', (args, command) => {
  vi.stubEnv('npm_lifecycle_event', undefined);
  expect(commandToGoOn(SINCE, args)).toBe(command);
});

test.each([
  ['npx', 'npx ebb rotate --local'],
  ['rotate', 'npm run -s rotate -- --local'],
])('started by %s is what its user can type', (by, command) => {
  vi.stubEnv('npm_lifecycle_event', by);
  expect(commandToGoOn(undefined, ['rotate', '--local'])).toBe(command);
});
