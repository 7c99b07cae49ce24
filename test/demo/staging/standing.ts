/** What stands in the peer's cluster, told as the facts that would make it so. */
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';

/** @param nodes in the order in which they are shown */
export function standingFacts(kubernetes: KubernetesPeer, nodes: readonly string[]): Fact[] {
  const at = kubernetes.clock.now();
  return [
    ...nodes.map((node): Fact => ({ kind: 'nodeAdded', at, node })),
    ...kubernetes.pods().map(({ metadata, spec }): Fact => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      return {
        kind: 'podReady',
        at,
        namespace: metadata.namespace ?? '',
        pod: metadata.name,
        uid: metadata.uid,
        node: spec.nodeName,
        workload: owner && `${owner.kind}/${owner.name}`,
      };
    }),
    ...kubernetes.store.list(budgets).map(({ metadata, status }): Fact => {
      const { namespace = '', name } = metadata;
      return { kind: 'budgetAllows', at, namespace, budget: name, allowed: status.disruptionsAllowed };
    }),
  ];
}
