/**
 * Pods that come to a node although it is isolated: their maker pins them to it or lets them tolerate everything, so a
 * drain that sent each of them away would never end (contract 4.7, faults 55). They are counted by who makes them,
 * sent away a few times, then left.
 */
import { isFinished, ownerName, podName, type Pod } from '../kubernetes/pod.ts';

/** How often one maker's pods are sent away again: once may be a race with the scheduler, more is a habit. */
const MOST_RETURNS = 3;

/** The API tells when a pod was made in whole seconds, cut off. */
const CREATION_RESOLUTION_MS = 1_000;

export interface Returns {
  /** How many pods have come. */
  readonly times: number;
  /** Uids of those that are left on the node. */
  readonly left: readonly string[];
}

/** By maker. */
export type ReturnsOf = Readonly<Record<string, Returns>>;

export interface ReturnedPod {
  readonly pod: Pod;
  readonly maker: string;
  /** The how manyth of its maker. */
  readonly times: number;
  /** It stays: its maker has been sent away often enough. */
  readonly left: boolean;
}

/** @param isolatedAt epoch milliseconds */
export function isMadeSince(pod: Pod, isolatedAt: number): boolean {
  return !isFinished(pod) && pod.createdAt + CREATION_RESOLUTION_MS > isolatedAt;
}

/** Counts pods that have just come. */
export function countReturns(came: readonly Pod[], known: ReturnsOf): { returns: ReturnsOf; news: ReturnedPod[] } {
  const returns: Record<string, Returns> = { ...known };
  const news = came.map((pod): ReturnedPod => {
    const maker = makerOf(pod);
    const { times: before, left } = returns[maker] ?? { times: 0, left: [] };
    const times = before + 1;
    const isLeft = times > MOST_RETURNS;
    returns[maker] = { times, left: isLeft ? [...left, pod.uid] : left };
    return { pod, maker, times, left: isLeft };
  });
  return { returns, news };
}

/** Uids of the pods that are left on the node. */
export function leftOnNode(returns: ReturnsOf): ReadonlySet<string> {
  return new Set(Object.values(returns).flatMap(({ left }) => left));
}

/** Forgets those that were left and are there no more. @param there uids of the pods on the node */
export function stillLeft(returns: ReturnsOf, there: ReadonlySet<string>): ReturnsOf {
  return Object.fromEntries(
    Object.entries(returns).map(([maker, { times, left }]) => [
      maker,
      { times, left: left.filter((uid) => there.has(uid)) },
    ]),
  );
}

/** A pod without a controller is its own: whoever makes it again does so under its name. */
function makerOf(pod: Pod): string {
  return pod.owner === undefined ? podName(pod) : ownerName(pod.owner);
}
