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

/** A service account, whose token a kubeconfig holds (contract 15.1). */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Returns the ClusterRoles, and their bindings to the Kubernetes groups: of access entries, or of the client certificate
 * in a kubeconfig.
 *
 * @param account gets the retirement's role, which has all rights of the other as well
 */
export function clusterRoleManifests(kubernetesGroup: string, account?: ServiceAccount): readonly object[] {
  const fleetGroup = fleetGroupOf(kubernetesGroup);
  return [...boundRole(kubernetesGroup, CLUSTER_ROLE_RULES, account), ...boundRole(fleetGroup, FLEET_ROLE_RULES)];
}

function boundRole(group: string, rules: readonly object[], account?: ServiceAccount): readonly object[] {
  const metadata = { name: objectName(group) };
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: metadata.name },
      subjects: [
        { apiGroup: RBAC, kind: 'Group', name: group },
        ...(account === undefined ? [] : [{ kind: 'ServiceAccount', ...account }]),
      ],
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
export function clusterManifests({ kubernetesGroup, serviceAccount, ...terms }: ManifestTerms): readonly object[] {
  const groups = [kubernetesGroup, fleetGroupOf(kubernetesGroup)];
  const users = serviceAccount === undefined ? [] : [userOf(serviceAccount)];
  return [
    ...(serviceAccount === undefined ? [] : accountManifests(serviceAccount)),
    ...clusterRoleManifests(kubernetesGroup, serviceAccount),
    ...admissionPolicies({ ...terms, groups, users, prefix: objectName(kubernetesGroup) }),
  ];
}

export interface ManifestTerms extends Pick<PolicyTerms, 'clusters'> {
  readonly kubernetesGroup: string;
  readonly serviceAccount?: ServiceAccount | undefined;
}

/** Returns the account, and a secret into which Kubernetes writes a token that does not expire. */
function accountManifests({ namespace, name }: ServiceAccount): readonly object[] {
  const annotations = { 'kubernetes.io/service-account.name': name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: `${name}-token`, annotations },
      type: 'kubernetes.io/service-account-token',
    },
  ];
}

/** Returns the name by which the API server knows the account. */
function userOf({ namespace, name }: ServiceAccount): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Returns the manifests as YAML, for `kubectl apply -f -`. */
export function clusterRoleYaml(terms: ManifestTerms): string {
  return clusterManifests(terms)
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }))
    .join('---\n');
}
