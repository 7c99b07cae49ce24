/**
 * Two ValidatingAdmissionPolicies (Kubernetes 1.30 and later):
 * - Kubelets must not write our marks, which can have a node drained, or kept.
 * - Holders of our rights change only our marks on a node: RBAC cannot tell one field from another.
 */
import { EXCLUDE_LABEL } from '../../lambdas/core/node/marks.ts';
import type { ClusterConfiguration } from '../../lambdas/entry/configuration/configuration.ts';

export interface PolicyTerms {
  readonly clusters: readonly Pick<ClusterConfiguration, 'taint' | 'drift'>[];
  /** All Kubernetes groups of ours. */
  readonly groups: readonly string[];
  /** Users of ours that are in none of these groups. */
  readonly users: readonly string[];
  /** Prefix of the name of the policy on us: each installation in a cluster has its own policy. */
  readonly prefix: string;
}

const ADMISSION = 'admissionregistration.k8s.io/v1';

/** Taint of the controller manager on cordoned nodes. */
const CORDON_TAINT = 'node.kubernetes.io/unschedulable';

interface Policy {
  readonly name: string;
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  /** Condition on whose requests the policy checks. */
  readonly who: { readonly name: string; readonly expression: string };
  readonly variables: Readonly<Record<string, string>>;
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
}

/** Returns the manifests of the policies and their bindings. */
export function admissionPolicies(terms: PolicyTerms): readonly object[] {
  return [marksAreNotKubelets(), ownMarksOnly(terms)].flatMap(manifestsOf);
}

function marksAreNotKubelets(): Policy {
  const unchanged = (before: string, after: string): string =>
    `variables.${after}.all(k, !k.startsWith('ebb/') || (k in variables.${before} && variables.${before}[k] == variables.${after}[k])) && ` +
    `variables.${before}.all(k, !k.startsWith('ebb/') || k in variables.${after})`;
  return {
    name: 'ebb-marks-are-not-kubelets',
    operations: ['CREATE', 'UPDATE'],
    resources: ['nodes', 'nodes/status'],
    who: { name: 'kubelet', expression: "'system:nodes' in request.userInfo.groups" },
    variables: {
      annotationsBefore: 'oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})',
      annotationsAfter: 'object.metadata.?annotations.orValue({})',
      labelsBefore: 'oldObject == null ? {} : oldObject.metadata.?labels.orValue({})',
      labelsAfter: 'object.metadata.?labels.orValue({})',
    },
    validations: [
      {
        expression: unchanged('annotationsBefore', 'annotationsAfter'),
        message: "annotations under ebb/ are not a kubelet's to change",
      },
      {
        expression: unchanged('labelsBefore', 'labelsAfter'),
        message: "labels under ebb/ are not a kubelet's to change",
      },
    ],
  };
}

function ownMarksOnly({ clusters, groups, users, prefix }: PolicyTerms): Policy {
  const keys = clusters.flatMap(({ taint, drift }) => [taint.key, drift.taint.key, drift.drainTaint.key]);
  const others = (object: string): string =>
    `${object}.spec.?taints.orValue([]).filter(t, !(t.key in variables.ours) && t.key != '${CORDON_TAINT}')`;
  const changedOnly = (before: string, after: string, isOurs: string): string =>
    `variables.${after}.all(k, ${isOurs} || (k in variables.${before} && variables.${before}[k] == variables.${after}[k])) && ` +
    `variables.${before}.all(k, ${isOurs} || k in variables.${after})`;
  const same = [
    'spec.?providerID',
    'spec.?podCIDR',
    'spec.?podCIDRs',
    'metadata.?finalizers',
    'metadata.?ownerReferences',
  ];
  return {
    name: `${prefix}-changes-its-own-marks-only`,
    operations: ['UPDATE'],
    resources: ['nodes'],
    who: { name: 'ebb', expression: isOneOf(groups, users) },
    variables: {
      ours: listOf([...new Set(keys)]),
      annotationsBefore: 'oldObject.metadata.?annotations.orValue({})',
      annotationsAfter: 'object.metadata.?annotations.orValue({})',
      labelsBefore: 'oldObject.metadata.?labels.orValue({})',
      labelsAfter: 'object.metadata.?labels.orValue({})',
      taintsBefore: others('oldObject'),
      taintsAfter: others('object'),
    },
    validations: [
      {
        expression: changedOnly('annotationsBefore', 'annotationsAfter', "k.startsWith('ebb/')"),
        message: 'Ebb changes annotations under ebb/ alone',
      },
      {
        expression: changedOnly('labelsBefore', 'labelsAfter', `k.startsWith('ebb/') || k == '${EXCLUDE_LABEL}'`),
        message: 'Ebb changes labels under ebb/ and the exclusion from load balancers alone',
      },
      { expression: 'variables.taintsBefore == variables.taintsAfter', message: 'Ebb changes its own taints alone' },
      {
        expression: same.map((field) => `object.${field} == oldObject.${field}`).join(' && '),
        message: "Ebb changes taints and schedulability of a node's spec alone",
      },
    ],
  };
}

function isOneOf(groups: readonly string[], users: readonly string[]): string {
  const byGroup = `request.userInfo.groups.exists(g, g in ${listOf(groups)})`;
  return users.length === 0 ? byGroup : `${byGroup} || request.userInfo.username in ${listOf(users)}`;
}

/** Writes a CEL list. Neither taint keys nor groups have quotes in them. */
function listOf(words: readonly string[]): string {
  return `[${words.map((word) => `'${word}'`).join(', ')}]`;
}

function manifestsOf({ name, operations, resources, who, variables, validations }: Policy): readonly object[] {
  const metadata = { name };
  return [
    {
      apiVersion: ADMISSION,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations, resources }] },
        matchConditions: [who],
        variables: Object.entries(variables).map(([variable, expression]) => ({ name: variable, expression })),
        validations,
      },
    },
    {
      apiVersion: ADMISSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}
