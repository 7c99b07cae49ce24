/** What the bench on somebody's cluster needs beyond a drain: making its workload, and what `kubectl drain` reads. */
import { checkRights, subjectOption, type Right } from '../../demo/own-node/cluster-rights.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';

const RIGHTS: readonly Right[] = [
  ...['create', 'get', 'delete'].map((verb) => ({ verb, group: '', resource: 'namespaces' })),
  { verb: 'create', group: 'apps', resource: 'deployments' },
  { verb: 'create', group: 'policy', resource: 'poddisruptionbudgets' },
  { verb: 'get', group: 'apps', resource: 'daemonsets' },
];

/** @throws OwnClusterFault naming each right that is missing, and how to give it */
export function checkBenchRights(upstream: Upstream): Promise<void> {
  return checkRights(upstream, RIGHTS, howToGrant);
}

function howToGrant(user?: string): string[] {
  const resources = 'namespaces,deployments.apps,daemonsets.apps,poddisruptionbudgets.policy';
  return [
    'as an administrator of the cluster:',
    `  kubectl create clusterrole ebb-bench --verb=create,get,delete --resource=${resources}`,
    `  kubectl create clusterrolebinding ebb-bench --clusterrole=ebb-bench ${subjectOption(user)}`,
  ];
}
