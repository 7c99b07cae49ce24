/** The two ways to wait: on a server with its own time really, on the peer by moving its clock. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { DrivenClock } from '../peers/clock.ts';
import type { Found, Time } from './subject.ts';

const LIMIT_SECONDS = 30;
/** How often a real server is looked at. */
const POLL_MILLISECONDS = 150;
/** What loopback needs to bring an answer or an event. */
const LOOPBACK_MILLISECONDS = 4;

export const realTime: Time = {
  async eventually<T>(what: string, look: () => Promise<T> | T, seconds = LIMIT_SECONDS): Promise<Found<T>> {
    const limit = Date.now() + seconds * 1000;
    return poll({ what, look, next: () => sleep(POLL_MILLISECONDS), isLate: () => Date.now() > limit });
  },
  async pass(seconds) {
    await sleep(seconds * 1000);
  },
};

export function drivenTime(clock: DrivenClock): Time {
  return {
    async eventually<T>(what: string, look: () => Promise<T> | T, seconds = LIMIT_SECONDS): Promise<Found<T>> {
      const limit = clock.now() + seconds * 1000;
      const next = async (): Promise<void> => {
        await sleep(LOOPBACK_MILLISECONDS);
        await clock.jumpTo(Math.min(clock.nextDue ?? limit + 1, limit + 1));
        await sleep(LOOPBACK_MILLISECONDS);
      };
      return poll({ what, look, next, isLate: () => clock.now() > limit });
    },
    async pass(seconds) {
      await clock.advance(seconds * 1000);
      await sleep(LOOPBACK_MILLISECONDS);
    },
  };
}

interface Poll<T> {
  readonly what: string;
  readonly look: () => Promise<T> | T;
  readonly next: () => Promise<void>;
  readonly isLate: () => boolean;
}

/** Looks once more after the limit, so that a slow look does not fail what is true. */
async function poll<T>({ what, look, next, isLate }: Poll<T>): Promise<Found<T>> {
  for (;;) {
    const late = isLate();
    const found = await look();
    if (found !== undefined && found !== false) return found as Found<T>;
    if (late) throw new Error(`it never happened: ${what}`);
    await next();
  }
}
