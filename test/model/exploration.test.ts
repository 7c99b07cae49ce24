/** `npm run -s explore`; that it ends by itself, and clean, is test/commands.test.ts's. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explore } from './run/exploration.ts';
import { doubleCompletion } from './run/planted-bugs.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('prints the smallest scenario that breaks a promise, the promise and the seed, and exits with 1', async () => {
  const search = { seed: 5, runs: 100, until: Infinity, bug: doubleCompletion, shrinkSeconds: 10 };
  expect(await explore(search)).toBe(1);
  expect(printed).toMatch(/--seed 5 --runs 100 finds it again/);
  expect(printed).toMatch(/P1: the hook is completed once more/);
  expect(printed).toMatch(/in the scenario \{.*"apps":\[\],.*"faults":\[\]/);
});

test('draws no more scenarios once its time is up', async () => {
  expect(await explore({ runs: 1_000_000, until: performance.now() - 1 })).toBe(0);
  expect(printed).toMatch(/^0 scenarios, and every promise held$/m);
});
