/**
 * Returned pods: pods that come to a node although it is isolated, because their maker pins them to it or lets them
 * tolerate everything. A drain that evicted each would never end (contract 4.7, faults 55). So they are counted by
 * maker, evicted a few times, then left.
 */
import { isFinished, ownerName, podName, type Pod } from '../kubernetes/pod.ts';

/** Most returned pods of one maker that are evicted. One may be a race with the scheduler, more are not. */
const MOST_RETURNS = 3;

/** Resolution of a pod's creation time: the API cuts it off to whole seconds. */
const CREATION_RESOLUTION_MS = 1_000;

export interface Returns {
  /** Number of pods that have come. */
  readonly times: number;
  /** Uids of pods that stay on the node. */
  readonly left: readonly string[];
}

/** Returned pods by their maker. */
export type ReturnsOf = Readonly<Record<string, Returns>>;

export interface ReturnedPod {
  readonly pod: Pod;
  readonly maker: string;
  /** Number of pods of this maker that have come, with this one. */
  readonly times: number;
  /** The pod stays: enough pods of its maker have been evicted. */
  readonly left: boolean;
}

/** Whether the pod was created after the isolation. @param isolatedAt epoch milliseconds */
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

/** Uids of all pods that stay on the node. */
export function leftOnNode(returns: ReturnsOf): ReadonlySet<string> {
  return new Set(Object.values(returns).flatMap(({ left }) => left));
}

/** Removes pods that are gone from those that stay. @param there uids of the pods on the node */
export function stillLeft(returns: ReturnsOf, there: ReadonlySet<string>): ReturnsOf {
  return Object.fromEntries(
    Object.entries(returns).map(([maker, { times, left }]) => [
      maker,
      { times, left: left.filter((uid) => there.has(uid)) },
    ]),
  );
}

/** The maker of a pod: its controller, or the pod's own name, under which somebody makes it again. */
function makerOf(pod: Pod): string {
  return pod.owner === undefined ? podName(pod) : ownerName(pod.owner);
}
