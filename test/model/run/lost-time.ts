/** Time in which no retirement could do anything about its hook. */
import type { Pause } from './crashes.ts';
import type { World } from '../world/world.ts';

/** Milliseconds since then in which processes were dead, or AWS did not answer. @param since epoch milliseconds */
export function lostSince({ witness, faults }: World, since: number): number {
  const silent = [...faults.spans('lifecycle fails'), ...faults.spans('lifecycle loses answers')];
  return overlap(witness.pauses, since) + overlap(silent, since);
}

/** How much of the time since then the spans are, milliseconds. */
function overlap(spans: readonly Pick<Pause, 'from' | 'to'>[], since: number): number {
  const each = spans.map(({ from, to }) => Math.max(0, Math.min(to, Date.now()) - Math.max(from, since)));
  return each.reduce((sum, milliseconds) => sum + milliseconds, 0);
}
