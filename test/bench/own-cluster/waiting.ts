/** Waiting for somebody's cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';

/** Looks that often. */
const PAUSE_MS = 250;

/**
 * @param look what is still lacking, in words; undefined when nothing is
 * @throws OwnClusterFault with that, when it lasts longer; AbortError when `signal` is aborted
 */
export async function until(
  look: () => Promise<string | undefined>,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    const lacking = await look();
    if (lacking === undefined) return;
    if (Date.now() > limit) throw new OwnClusterFault(`waited ${seconds} s: ${lacking}`, []);
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
