/** What has to be done on somebody's cluster before we go: tried again until it is, or time is up. */
import { ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import { wordsOf } from '../../peers/own-cluster/fault.ts';

const PAUSE_MS = 500;

/** @param within milliseconds @returns why it could not be done, if it could not */
export async function persist(work: () => Promise<unknown>, within: number): Promise<string | undefined> {
  const until = Date.now() + within;
  for (;;) {
    const fault = await Promise.race([attempt(work), late(until - Date.now())]);
    if (fault === undefined) return undefined;
    if (fault instanceof ClusterRefused || Date.now() + PAUSE_MS >= until) return wordsOf(fault);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function attempt(work: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function late(milliseconds: number): Promise<Error> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds, new Error('the API server did not answer in time')).unref();
  });
}
