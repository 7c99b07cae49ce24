/** Tells of the requests while they are sent: how many so far, and what balancers make of the node that leaves. */
import type { Telling } from '../scenario.ts';
import type { Staged } from './scene.ts';
import { countsOf } from '../expectations/traffic-expectations.ts';
import { eventsOf, type LoadedPool } from './traffic-front.ts';

/** How often balancers are looked at, and how often the requests are told; driven milliseconds. */
const LOOK_MS = 200;
const TELL_MS = 10_000;

/** @returns the undo */
export function watchTraffic(
  { installation, scene }: Staged,
  pools: readonly LoadedPool[],
  telling: Telling,
): () => void {
  const { time } = installation.aws;
  let seenUntil = scene.at;
  const look = time.every(LOOK_MS, () => {
    const now = time.now();
    for (const pool of pools) {
      for (const { at, kind } of eventsOf(installation, pool, scene.instance)) {
        if (at > seenUntil && at <= now) telling.traffic?.({ kind, at, pool: pool.name });
      }
    }
    seenUntil = now;
  });
  const tell = time.every(TELL_MS, () => {
    telling.traffic?.({ kind: 'requests', at: time.now(), ...countsOf(pools) });
  });
  return (): void => {
    look.cancel();
    tell.cancel();
  };
}
