/** How many nodes of each group can take pods, at every instant, and whether a taint of somebody else's ever went. */
import type { Taint } from '../../../lambdas/core/kubernetes/node.ts';
import type { Installation } from '../../installation.ts';
import { isNodeReady } from '../../peers/kubernetes/storage/facts.ts';
import type { Node } from '../../peers/kubernetes/storage/objects.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { isOf } from '../../peers/kubernetes/storage/store.ts';

export class CapacityWatch {
  /** By group, the most nodes that were ever missing at once. */
  readonly mostOut = new Map<string, number>();
  /** Nodes that lost the taint while they were there. */
  readonly lostTaints: string[] = [];
  readonly #installation: Installation;
  readonly #groups: readonly string[];

  constructor(
    installation: Installation,
    { groups, foreignTaint }: { groups: readonly string[]; foreignTaint: Pick<Taint, 'key'> },
  ) {
    this.#installation = installation;
    this.#groups = groups;
    const bears = ({ spec }: Node): boolean => spec.taints?.some(({ key }) => key === foreignTaint.key) ?? false;
    installation.kubernetes.store.onChange((change) => {
      if (!isOf(nodes, change)) return;
      const { type, object, previous } = change;
      if (type === 'MODIFIED' && previous !== undefined && bears(previous) && !bears(object)) {
        this.lostTaints.push(object.metadata.name);
      }
      this.#look();
    });
    this.#look();
  }

  #look(): void {
    const { aws, kubernetes, nodesByInstance } = this.#installation;
    const available = new Set(
      kubernetes.store
        .list(nodes)
        .filter((node) => isNodeReady(node) && node.spec.unschedulable !== true)
        .map(({ metadata }) => metadata.name),
    );
    for (const name of this.#groups) {
      const group = aws.autoScaling.group(name);
      const there = [...group.members.keys()].filter((id) => available.has(nodesByInstance.get(id) ?? '')).length;
      this.mostOut.set(name, Math.max(this.mostOut.get(name) ?? 0, group.desired - there));
    }
  }
}
