/** The ClusterRoles grant what is asked the cluster for, all of it and nothing else (design: least privilege). */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterManifests, clusterRoleYaml } from '../../../infra/cluster-role/cluster-role.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { CLUSTER_ROLE_RULES, FLEET_ROLE_RULES } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { Installation } from '../../installation.ts';
import { Machines } from '../../machines.ts';
import type { AccessEntry } from '../../peers/kubernetes/api/access-log.ts';
import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { readMoving } from '../../../lambdas/workflow/rotation/read-moved.ts';
import { GROUP, Rehearsal } from '../../workflow/retirement/rehearsal.ts';

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

/** A node is retired on request, and nobody else deletes it once its machine has ended (contract 8.2). */
async function retireOnRequest(rehearsal: Rehearsal): Promise<void> {
  const { aws, kubernetes, clock } = rehearsal;
  const machines = new Machines({ aws, kubernetes });
  const instance = rehearsal.addInstance();
  const node = rehearsal.nodeOf(instance);
  machines.nodes.set(instance, node);
  machines.cloudController = false;
  machines.follow({ seconds: 60 });
  const { accountId: account, region } = aws.account;
  const terms = { detach: false, release: 'terminate', force: false, timeoutSeconds: 600 } as const;
  const about = { account, region, instance, group: GROUP, cluster: 'production', at: clock.now() };
  expect(await rehearsal.drive(rehearsal.retireBy({ kind: 'request', ...about, terms }))).toEqual({
    result: 'drained',
  });
  expect(kubernetes.node(node)).toBeUndefined();
}

test('its rules are exactly what drains ask for that meet everything', async () => {
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
  await retireOnRequest(rehearsal);
  const { entries } = kubernetes.requests;
  expect(entries.filter(({ status }) => status === 403)).toEqual([]);
  expect([...new Set(entries.map(askedBy))].sort()).toEqual(granted(CLUSTER_ROLE_RULES).sort());
});

/** What a rotation asks the cluster for beside the sweep: the controllers of the pods on a node (contract 10.2). */
async function askedByRotation(): Promise<readonly AccessEntry[]> {
  await using rehearsal = await Rehearsal.start({ nodes: 1 });
  const { kubernetes, first, fleets } = rehearsal;
  furnish(kubernetes, first.node);
  await rehearsal.ready();
  const view = await fleets.open({ name: 'production' });
  const kinds = (await rehearsal.drive(readMoving([first.node], view))).map(({ kind }) => kind);
  expect([...new Set(kinds)].sort()).toEqual(['ReplicaSet', 'StatefulSet']);
  return kubernetes.requests.entries.filter(({ user }) => user.endsWith('/sweep'));
}

test('the rules of sweep, tainter and rotation are exactly what they ask for, and none lets a pod go', async () => {
  const groups = [{ name: 'workers' }];
  const configuration = {
    clusters: [{ name: 'production', groups, budget: { nodes: 1, cluster: 1 }, maxLeaving: '100%' }],
  };
  const installation = await Installation.start({ configuration, nodes: 0, sweeps: true, drifts: true });
  try {
    const { aws, kubernetes } = installation;
    aws.launchTemplates.create({ name: 'web', data: { imageId: 'ami-1', instanceType: 'm7g.large' } });
    aws.autoScaling.setLaunch('workers', { launchTemplate: { name: 'web', version: '$Latest' } });
    const old = [installation.addNode('workers'), installation.addNode('workers')];
    installation.joinLaunched({ bootSeconds: 45 });
    aws.launchTemplates.addVersion({ name: 'web' }, { imageId: 'ami-2', instanceType: 'm7g.large' });
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2 });
    await kubernetes.settle();
    const { autoScaling } = aws;
    await aws.driveUntil(() => old.every((instance) => autoScaling.state(instance) === 'Terminated'), {
      schedules: true,
    });
    const users = (['NodeSweep', 'DriftTainter'] as const).map((entry) => `/${installation.functionNamed(entry)}`);
    const scans = kubernetes.requests.entries.filter(({ user }) => users.some((name) => user.endsWith(name)));
    const entries = [...scans, ...(await askedByRotation())];
    expect(entries.filter(({ status }) => status === 403)).toEqual([]);
    expect([...new Set(entries.map(askedBy))].sort()).toEqual(granted(FLEET_ROLE_RULES).sort());
  } finally {
    await installation.stop();
  }
}, 240_000);

const CLUSTERS = parseConfiguration({
  clusters: [
    { name: 'blue', taint: { key: 'acme/leaving' } },
    { name: 'green', drift: { taint: { key: 'acme/old' }, drainTaint: { key: 'acme/drain' } } },
  ],
}).clusters;

test('is printed as YAML: roles, their bindings to the groups of the access entries, and two policies', () => {
  const terms = { kubernetesGroup: 'team/Drainers', clusters: CLUSTERS };
  const documents = clusterRoleYaml(terms)
    .split('---\n')
    .map((text) => parse(text) as object);
  expect(documents).toEqual(clusterManifests(terms));
  expect(documents).toMatchObject([
    { kind: 'ClusterRole', metadata: { name: 'team-drainers' }, rules: CLUSTER_ROLE_RULES },
    { kind: 'ClusterRoleBinding', subjects: [{ kind: 'Group', name: 'team/Drainers' }] },
    { kind: 'ClusterRole', metadata: { name: 'team-drainers-sweep' }, rules: FLEET_ROLE_RULES },
    { kind: 'ClusterRoleBinding', subjects: [{ kind: 'Group', name: 'team/Drainers-sweep' }] },
    { kind: 'ValidatingAdmissionPolicy', metadata: { name: 'ebb-marks-are-not-kubelets' } },
    { kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: 'ebb-marks-are-not-kubelets' } },
    { kind: 'ValidatingAdmissionPolicy', metadata: { name: 'team-drainers-changes-its-own-marks-only' } },
    { kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: 'team-drainers-changes-its-own-marks-only' } },
  ]);
});

test('the policy on Ebb is about the groups and the taint keys that the configuration names', () => {
  const manifests = clusterManifests({ kubernetesGroup: 'drainers', clusters: CLUSTERS });
  const prefix = 'status-taint.cluster-autoscaler.kubernetes.io';
  expect(manifests[6]).toMatchObject({
    spec: {
      matchConditions: [{ expression: "request.userInfo.groups.exists(g, g in ['drainers', 'drainers-sweep'])" }],
      variables: expect.arrayContaining([
        {
          name: 'ours',
          expression: `['acme/leaving', '${prefix}/ebb-drifted', '${prefix}/ebb-drain', '${prefix}/ebb-retiring', 'acme/old', 'acme/drain']`,
        },
      ]) as unknown,
    },
  });
});

test('has no wildcard', () => {
  expect(JSON.stringify([CLUSTER_ROLE_RULES, FLEET_ROLE_RULES])).not.toContain('*');
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function granted(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group} ${resource}`))),
  );
}

function askedBy({ verb, resource, path }: AccessEntry): string {
  return `${verb} ${apiGroupOf(path)} ${resource}`;
}

/** `/apis/<group>/…`; empty for the core's `/api/v1`. */
function apiGroupOf(path: string): string {
  return /^\/apis\/([^/]+)\//.exec(path)?.[1] ?? '';
}

test('of a service account, for a kubeconfig, are its token, the rights of a retirement, and the policy on Ebb (contract 15.1)', () => {
  const configuration = parseConfiguration({ clusters: [{ name: 'production' }] });
  const serviceAccount = { namespace: 'kube-system', name: 'ebb' };
  const manifests = clusterManifests({ ...configuration, serviceAccount }) as Record<string, unknown>[];
  const of = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
  expect(of('ServiceAccount')).toMatchObject([{ metadata: serviceAccount }]);
  expect(of('Secret')).toMatchObject([
    {
      metadata: { name: 'ebb-token', annotations: { 'kubernetes.io/service-account.name': 'ebb' } },
      type: 'kubernetes.io/service-account-token',
    },
  ]);
  const [retirement, fleet] = of('ClusterRoleBinding');
  expect(retirement).toMatchObject({
    subjects: [
      { kind: 'Group', name: 'ebb' },
      { kind: 'ServiceAccount', name: 'ebb' },
    ],
  });
  expect(fleet).toMatchObject({ subjects: [{ kind: 'Group', name: 'ebb-sweep' }] });
  expect(JSON.stringify(of('ValidatingAdmissionPolicy'))).toContain(
    "|| request.userInfo.username in ['system:serviceaccount:kube-system:ebb']",
  );
  // One kubeconfig serves all functions: the retirement's rights are all that sweep and tainter need.
  for (const { resources, verbs } of FLEET_ROLE_RULES)
    for (const verb of verbs)
      expect(
        CLUSTER_ROLE_RULES.some(
          (rule) => rule.resources.join() === resources.join() && (rule.verbs as readonly string[]).includes(verb),
        ),
      ).toBe(true);
});
