/**
 * Manifests of what Ebb may do in a cluster. People apply them: the CDK cannot, in a cluster that it did not make. The
 * retirement evicts and deletes pods; sweep and tainter only read, and mark nodes.
 */
import { stringify } from 'yaml';
import { CLUSTER_ROLE_RULES, FLEET_ROLE_RULES } from '../../lambdas/adapters/kubernetes/cluster.ts';
import { admissionPolicies, type PolicyTerms } from './admission-policies.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Returns the Kubernetes group of sweep and tainter. @param kubernetesGroup the retirement's */
export function fleetGroupOf(kubernetesGroup: string): string {
  return `${kubernetesGroup}-sweep`;
}

/** Returns the ClusterRoles, and their bindings to the Kubernetes groups of the access entries. */
export function clusterRoleManifests(kubernetesGroup: string): readonly object[] {
  const fleetGroup = fleetGroupOf(kubernetesGroup);
  return [...boundRole(kubernetesGroup, CLUSTER_ROLE_RULES), ...boundRole(fleetGroup, FLEET_ROLE_RULES)];
}

function boundRole(group: string, rules: readonly object[]): readonly object[] {
  const metadata = { name: objectName(group) };
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: group }],
    },
  ];
}

/** Turns a group into an object name, which allows fewer characters. */
function objectName(group: string): string {
  return group
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** Returns all manifests to apply: the roles, and the policies that protect our marks and everything else. */
export function clusterManifests({ kubernetesGroup, ...terms }: ManifestTerms): readonly object[] {
  const groups = [kubernetesGroup, fleetGroupOf(kubernetesGroup)];
  return [
    ...clusterRoleManifests(kubernetesGroup),
    ...admissionPolicies({ ...terms, groups, prefix: objectName(kubernetesGroup) }),
  ];
}

export interface ManifestTerms extends Pick<PolicyTerms, 'clusters'> {
  readonly kubernetesGroup: string;
}

/** Returns the manifests as YAML, for `kubectl apply -f -`. */
export function clusterRoleYaml(terms: ManifestTerms): string {
  return clusterManifests(terms)
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }))
    .join('---\n');
}
