/**
 * Neighbours: others that drain or quarantine nodes, by the marks that they leave on them (faults 48). Ebb does not fight
 * them. A voluntary retirement leaves such a node alone. One whose instance goes anyway says who else is at work, and waits
 * for pods that are being deleted already: none is evicted twice. Managed node groups of EKS leave no mark; who changes a
 * group is asked of AWS (contract 9.7). Pure.
 */
import type { Node } from '../kubernetes/node.ts';

interface Neighbour {
  readonly name: string;
  /** Whether the node bears its mark. */
  readonly isOn: (node: Marked) => boolean;
}

type Marked = Pick<Node, 'taints' | 'annotations'>;

const tainted =
  (...keys: readonly string[]) =>
  ({ taints }: Marked): boolean =>
    taints.some(({ key }) => keys.includes(key));

/**
 * Marks as their makers document them. Cluster Autoscaler's candidates (`DeletionCandidateOfClusterAutoscaler`) are none: it
 * has not decided yet.
 */
const NEIGHBOURS: readonly Neighbour[] = [
  { name: 'Cluster Autoscaler', isOn: tainted('ToBeDeletedByClusterAutoscaler') },
  { name: 'Karpenter', isOn: tainted('karpenter.sh/disrupted', 'karpenter.sh/disruption') },
  {
    name: 'AWS Node Termination Handler',
    isOn: ({ taints }) => taints.some(({ key }) => key.startsWith('aws-node-termination-handler/')),
  },
  { name: 'NVSentinel', isOn: ({ annotations }) => 'quarantineHealthEvent' in annotations },
];

/** Who else has the node in hand; undefined when nobody has. */
export function neighbourOn(node: Marked): string | undefined {
  return NEIGHBOURS.find(({ isOn }) => isOn(node))?.name;
}
