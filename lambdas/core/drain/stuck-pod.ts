/** Stuck pods: they are being deleted and do not end (faults 63). Reported, because only a person can help there. */
import type { Node } from '../kubernetes/node.ts';
import type { Pod } from '../kubernetes/pod.ts';

/** Time after its grace at which a pod counts as stuck: the kubelet will hardly end it by itself then. */
const STUCK_AFTER_MS = 60_000;

/** Returns when the pod counts as stuck, epoch milliseconds; undefined while nobody deletes it. */
export function stuckFrom({ deletingUntil }: Pod): number | undefined {
  return deletingUntil === undefined ? undefined : deletingUntil + STUCK_AFTER_MS;
}

/** Whether the pod is stuck. A pod whose containers have ended is not: it only waits for a finalizer. */
export function isStuck(pod: Pod, now: number): boolean {
  return now >= (stuckFrom(pod) ?? Infinity) && !pod.containersTerminated;
}

export type NodeState = 'Ready' | 'not Ready' | 'gone';

export function stateOf(node: Node | undefined): NodeState {
  if (node === undefined) return 'gone';
  return node.notReadySince === undefined ? 'Ready' : 'not Ready';
}

/** Explains a stuck pod in one sentence: its state, and what would help. */
export function explainStuck({ containersLeft, finalizers = [] }: Pod, node: NodeState): string {
  const left = containersLeft.length === 0 ? 'none of its containers has been reported' : containersLeft.join(', ');
  const held = finalizers.length === 0 ? '' : `; finalizer ${finalizers.join(', ')} holds its object too`;
  return `its grace is over and it has not ended (${left}${held}), its node is ${node}: ${HELP[node]}`;
}

const HELP: Readonly<Record<NodeState, string>> = {
  Ready: 'look at the kubelet and the container runtime of its node',
  'not Ready': 'its kubelet ends no pod; a node that stays so is found dead and let go',
  gone: 'the control plane will remove it',
};
