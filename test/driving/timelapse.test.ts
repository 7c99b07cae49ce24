/** How fast driven time passes where somebody watches. */
import { expect, test } from 'vitest';
import { pace } from './timelapse.ts';

function clocks() {
  const at = { driven: 1_000, real: 50 };
  const isAhead = (speed: number) => pace({ now: () => at.driven }, speed, () => at.real);
  return { at, isAhead };
}

test('driven time is ahead once it has passed faster than the speed', () => {
  const { at, isAhead } = clocks();
  const ahead = isAhead(10);
  at.driven += 1_000;
  expect(ahead()).toBe(true);
  at.real += 100;
  expect(ahead()).toBe(false);
});

test('without a speed driven time is never ahead', () => {
  const { at, isAhead } = clocks();
  const ahead = isAhead(Infinity);
  at.driven += 1e9;
  expect(ahead()).toBe(false);
});
