/** The ClusterRole grants what a retirement asks the cluster for, all of it and nothing else (design: least privilege). */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterRoleManifests, clusterRoleYaml } from '../../infra/cluster-role.ts';
import { CLUSTER_ROLE_RULES } from '../../lambdas/adapters/kubernetes-cluster.ts';
import type { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { Rehearsal } from '../workflow/rehearsal.ts';

const TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-retiring';

/** A node whose drain needs every permission: volumes that stay and that go, a pod that is forced, a lost answer. */
function furnish({ world, faults }: KubernetesPeer, node: string): void {
  const nodes = [node];
  const tolerations = [{ key: TAINT, operator: 'Exists' }];
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes, emptyDir: true });
  world.addStatefulSet({ namespace: 'shop', name: 'db', nodes, replicas: 2, volume: true });
  world.addStatefulSet({ namespace: 'shop', name: 'stays', nodes, volume: true, tolerations });
  const labels = { app: 'old' };
  const { metadata } = world.apply({
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { namespace: 'shop', name: 'old' },
    spec: { replicas: 1, selector: labels },
  });
  const { name, uid } = metadata;
  const controller = { apiVersion: 'v1', kind: 'ReplicationController', name, uid, controller: true };
  world.addBarePod({ namespace: 'shop', name: 'old', node, labels, ownerReferences: [controller] });
  const annotations = { 'ebb/evict': 'never' };
  // Its volume detaches after the drain's end, so that it is waited for.
  world.addStatefulSet({ namespace: 'shop', name: 'stubborn', nodes, annotations, graceSeconds: 60, volume: true });
  faults.loseAnswer({ resource: 'pods/eviction', times: 1 });
}

test('its rules are exactly what a drain asks for that meets everything', async () => {
  await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 60 }, latencies: { detach: 10_000 } });
  const { kubernetes } = rehearsal;
  const instance = rehearsal.addInstance({ joins: false });
  // Its name is another machine's, so that the node has to be searched for.
  kubernetes.world.addNode({
    name: rehearsal.nodeOf(instance),
    providerID: 'aws:///eu-central-1a/i-0fffffffffffffff0',
  });
  kubernetes.world.addNode({ name: 'named-otherwise', providerID: `aws:///eu-central-1a/${instance}` });
  furnish(kubernetes, 'named-otherwise');
  await rehearsal.ready();
  expect(await rehearsal.retire(instance)).toEqual({ result: 'forced' });
  expect(rehearsal.of('volumes.detached')).toHaveLength(1);
  const { entries } = kubernetes.requests;
  expect(entries.filter(({ status }) => status === 403)).toEqual([]);
  const asked = entries.map(({ verb, resource, path }) => `${verb} ${apiGroupOf(path)} ${resource}`);
  expect([...new Set(asked)].sort()).toEqual(granted().sort());
});

test('is printed as YAML that holds the role and its binding to the group of the access entry', () => {
  const documents = clusterRoleYaml('drainers')
    .split('---\n')
    .map((text) => parse(text) as object);
  expect(documents).toEqual(clusterRoleManifests('drainers'));
  expect(documents).toMatchObject([
    { kind: 'ClusterRole', rules: CLUSTER_ROLE_RULES },
    { kind: 'ClusterRoleBinding', subjects: [{ kind: 'Group', name: 'drainers' }] },
  ]);
});

test('has no wildcard', () => {
  expect(JSON.stringify(CLUSTER_ROLE_RULES)).not.toContain('*');
});

function granted(): string[] {
  return CLUSTER_ROLE_RULES.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group} ${resource}`))),
  );
}

/** `/apis/<group>/…`; empty for the core's `/api/v1`. */
function apiGroupOf(path: string): string {
  return /^\/apis\/([^/]+)\//.exec(path)?.[1] ?? '';
}
