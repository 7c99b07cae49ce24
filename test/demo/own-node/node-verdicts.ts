/** What a drain would do with each pod of a node, in words: shown before anything is done. */
import { judge, type DrainPolicy, type Verdict } from '../../../lambdas/core/drain/verdict.ts';
import { podName, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';

export interface JudgedPod {
  readonly pod: Pod;
  readonly verdict: Verdict;
}

const ORDER: readonly Verdict['action'][] = ['evict', 'wait', 'blocked', 'spare'];

/** In the order in which they are shown: what leaves first. */
export function judgePods(pods: readonly Pod[], policy: DrainPolicy, now: number): JudgedPod[] {
  return pods
    .map((pod) => ({ pod, verdict: judge(pod, policy, now) }))
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.verdict.action) - ORDER.indexOf(b.verdict.action) ||
        podName(a.pod).localeCompare(podName(b.pod)),
    );
}

/** Whether the drain is to end without it on the node. */
export function isToLeave({ verdict }: JudgedPod): boolean {
  return verdict.action !== 'spare';
}

/** A line for each pod. */
export function verdictLines(judged: readonly JudgedPod[]): string[] {
  const width = Math.max(0, ...judged.map(({ pod }) => podName(pod).length));
  return judged.map(({ pod, verdict: { action, reason } }) => {
    const owner = pod.owner === undefined ? 'no controller' : `${pod.owner.kind} ${pod.owner.name}`;
    const why = reason === 'managed' || reason === 'no controller' ? '' : `: ${reason}`;
    return `  ${action.padEnd(8)}${podName(pod).padEnd(width)}  ${owner}${why}`;
  });
}
