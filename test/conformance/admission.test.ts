/**
 * The policies that `cluster-role` prints, on real servers where there are any: kubelets do not write our marks, and
 * whoever holds our rights writes nothing else of a node. The peer evaluates no policies.
 */
import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { clusterManifests, fleetGroupOf } from '../../infra/cluster-role/cluster-role.ts';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import type { Node } from '../peers/kubernetes/storage/objects.ts';
import type { Status } from '../peers/kubernetes/api/status.ts';
import type { Answer } from './kube-client.ts';
import type { Subject } from './subject.ts';
import { apiServer, cluster } from './subjects.ts';

const { KUBECONFIG_UNDER_TEST, KUBEBUILDER_ASSETS } = process.env;

const RUN = randomBytes(4).toString('hex');
const GROUP = `ebb-${RUN}`;
const NODE = `/api/v1/nodes/ebb-admission-${RUN}`;
const OUR_TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain';

/** What a manifest's objects stand under. */
const PATHS: Readonly<Record<string, string>> = {
  ClusterRole: 'rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1/clusterrolebindings',
  ValidatingAdmissionPolicy: 'admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** May kubelets write nodes as `system:nodes`: on a real cluster the node authorizer lets each write its own. */
const KUBELETS: readonly (Manifest & object)[] = [
  {
    kind: 'ClusterRole',
    metadata: { name: `kubelets-${RUN}` },
    ...{ rules: [{ apiGroups: [''], resources: ['nodes', 'nodes/status'], verbs: ['get', 'patch', 'create'] }] },
  },
  {
    kind: 'ClusterRoleBinding',
    metadata: { name: `kubelets-${RUN}` },
    ...{
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `kubelets-${RUN}` },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    },
  },
];

const annotations = (values: object): object => ({ metadata: { annotations: values } });
const labels = (values: object): object => ({ metadata: { labels: values } });
const theirs = { key: 'acme/reserved', value: 'billing', effect: 'NoSchedule' };
const ours = { key: OUR_TAINT, value: 'drift', effect: 'NoSchedule' };

/** What is written of the node as it was read: others taint it meanwhile. */
type Write = object | ((taints: readonly { readonly key: string }[]) => object);

const taints =
  (change: (list: readonly { readonly key: string }[]) => readonly object[]): Write =>
  (list) => ({ spec: { taints: change(list) } });

const KUBELET = 'system:nodes';
const SWEEP = fleetGroupOf(GROUP);

const WRITES: readonly [who: string, what: string, write: Write, status: number][] = [
  [KUBELET, 'an annotation of ours', annotations({ 'ebb/drift': '{}' }), 422],
  [KUBELET, 'a label of ours', labels({ 'ebb/retiring': 'drift' }), 422],
  [KUBELET, 'the loss of an annotation of ours', annotations({ 'ebb/there': null }), 422],
  [KUBELET, 'an annotation of its own', annotations({ volumes: 'attached' }), 200],
  ...[GROUP, SWEEP].flatMap((who): [string, string, Write, number][] => [
    [who, 'annotations under ebb/', annotations({ 'ebb/drift': '{}' }), 200],
    [who, 'another annotation', annotations({ note: 'changed' }), 422],
    [
      who,
      'our labels',
      labels({ 'ebb/retiring': 'x', 'node.kubernetes.io/exclude-from-external-load-balancers': 'ebb' }),
      200,
    ],
    [who, 'another label', labels({ team: 'b' }), 422],
    [who, 'the loss of a label', labels({ team: null }), 422],
    [
      who,
      'our taint beside those of others',
      taints((list) => [...list.filter(({ key }) => key !== ours.key), ours]),
      200,
    ],
    [who, 'the loss of the taint of another', taints((list) => list.filter(({ key }) => key !== theirs.key)), 422],
    [who, 'another taint', taints((list) => [...list, { key: 'acme/more', effect: 'NoSchedule' }]), 422],
    [who, 'a cordon', { spec: { unschedulable: true } }, 200],
    [who, 'a finalizer', { metadata: { finalizers: ['acme/held'] } }, 422],
  ]),
];

function admission(title: string, open: () => Promise<Subject>): void {
  describe(title, () => {
    let subject: Subject;
    const made: string[] = [];

    const make = async ({ kind, metadata, ...rest }: Manifest): Promise<void> => {
      const path = `/apis/${PATHS[kind] ?? ''}`;
      const body = { apiVersion: (PATHS[kind] ?? '').split('/').slice(0, 2).join('/'), kind, metadata, ...rest };
      const { status, text } = await subject.client.ask(path, { method: 'POST', body });
      // Of an Ebb that is installed there.
      if (status === 409) return;
      if (status !== 201) throw new Error(text);
      made.push(`${path}/${metadata.name}`);
    };

    beforeAll(async () => {
      subject = await open();
      const { clusters } = parseConfiguration({ clusters: [{ name: 'production' }] });
      const manifests = clusterManifests({ kubernetesGroup: GROUP, clusters }) as Manifest[];
      for (const manifest of [...manifests, ...KUBELETS]) await make(manifest);
      const metadata = {
        name: NODE.split('/').at(-1),
        labels: { team: 'a' },
        annotations: { note: 'x', 'ebb/there': '1' },
      };
      const spec = { providerID: 'aws:///eu-central-1a/i-0123456789abcdef0', taints: [theirs] };
      await subject.client.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata, spec });
      made.push(NODE);
      // A policy is in force some time after it was made; until then each probe changes something.
      for (const [group, key] of [
        [KUBELET, 'ebb/probe'],
        [GROUP, 'probe'],
      ] as const) {
        await subject.time.eventually('the policies are in force', async () => {
          const change = annotations({ [key]: randomBytes(4).toString('hex') });
          return (await subject.client.as('probe', group).patch(NODE, 'merge-patch', change)).status === 422;
        });
      }
    }, 60_000);

    afterAll(async () => {
      for (const path of made.toReversed()) await subject.client.delete(path);
      await subject.stop();
    }, 60_000);

    const written = async (who: string, write: Write): Promise<Answer<Status>> => {
      for (;;) {
        const { metadata, spec } = await subject.client.get<Node>(NODE);
        const { resourceVersion } = metadata;
        const body = (typeof write === 'function' ? write(spec.taints ?? []) : write) as { metadata?: object };
        const patch = { ...body, metadata: { ...body.metadata, resourceVersion } };
        const answer = await subject.client.as('somebody', who).patch(NODE, 'merge-patch', patch);
        if (answer.status !== 409) return answer;
      }
    };

    test.each(WRITES)('of %s, %s', async (who, _what, write, status) => {
      const { body, ...answer } = await written(who, write);
      expect(answer.status).toBe(status);
      if (status === 422) expect(body.message).toContain('ValidatingAdmissionPolicy');
    });

    test('a kubelet registers no node with our marks', async () => {
      const node = (marks: object): object => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `ebb-admission-${RUN}-new`, ...marks },
      });
      const kubelet = subject.client.as('system:node:new', KUBELET);
      const marked = node({ annotations: { 'ebb/retirement': '{}' } });
      expect((await kubelet.ask('/api/v1/nodes', { method: 'POST', body: marked })).status).toBe(422);
    });

    test('sweep and tainter evict nobody', async () => {
      const review = (verb: string, subresource?: string): object => ({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: { verb, resource: 'pods', namespace: 'default', ...(subresource && { subresource }) },
        },
      });
      const may = async (group: string, verb: string, subresource?: string): Promise<boolean> => {
        const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
        const client = subject.client.as('somebody', group);
        return (await client.create<{ status: { allowed: boolean } }>(path, review(verb, subresource))).status.allowed;
      };
      expect([await may(GROUP, 'create', 'eviction'), await may(GROUP, 'delete')]).toEqual([true, true]);
      expect([await may(SWEEP, 'create', 'eviction'), await may(SWEEP, 'delete')]).toEqual([false, false]);
    });
  });
}

if (KUBECONFIG_UNDER_TEST) {
  const file = KUBECONFIG_UNDER_TEST;
  if (!existsSync(file)) throw new Error(`KUBECONFIG_UNDER_TEST names ${file}, which is not there`);
  admission('the policies in the cluster of KUBECONFIG_UNDER_TEST', () => cluster(file));
} else if (KUBEBUILDER_ASSETS) {
  admission('the policies in the API server of KUBEBUILDER_ASSETS', apiServer);
} else {
  const why = 'no policy is tried: neither KUBECONFIG_UNDER_TEST nor KUBEBUILDER_ASSETS names a real API server';
  console.info(`skipped: ${why}`);
  it.skip(why, () => undefined);
}
