/** What retirement and sweep may do in a cluster, as the manifest to apply there: CDK cannot, in a cluster that it did not make. */
import { stringify } from 'yaml';
import { CLUSTER_ROLE_RULES } from '../lambdas/adapters/kubernetes-cluster.ts';

const NAME = 'ebb';

/** The ClusterRole and its binding to the Kubernetes group of the access entry. */
export function clusterRoleManifests(kubernetesGroup: string): readonly object[] {
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: CLUSTER_ROLE_RULES,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: kubernetesGroup }],
    },
  ];
}

/** As YAML, for `kubectl apply -f -`. */
export function clusterRoleYaml(kubernetesGroup: string): string {
  return clusterRoleManifests(kubernetesGroup)
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false }))
    .join('---\n');
}
