/** Pods whose labels differ within one controller, and owners that are not what they seem, to the end of a retirement (contract 4.5). */
import { describe, expect, test } from 'vitest';
import { CLUSTER_ROLE_RULES } from '../../lambdas/adapters/kubernetes/cluster.ts';
import { clusterRoleManifests } from '../../infra/cluster-role/cluster-role.ts';
import type { OwnerReference } from '../peers/kubernetes/storage/objects.ts';
import { pods } from '../peers/kubernetes/storage/resources.ts';
import { expectCompletedOnce, scene, SECOND, statuses, WEB, type Scene } from './scene.ts';

describe('pods of one controller that differ in their labels', () => {
  test('ten of a ReplicaSet over three zones, all Ready and without a budget: leave by eviction, as many as may go', async () => {
    await using given = await scene((world) => {
      world.addDeployment({ ...WEB, replicas: 10, startSeconds: 1 });
    });
    const here = given.rehearsal.kubernetes.podsOn(given.node);
    expect(zonesOf(given)).toHaveLength(3);
    const begun = given.rehearsal.clock.now();
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(statuses(given)).toEqual(here.map(() => 201));
    const blocked = given.rehearsal.of('eviction.blocked').map(({ by }) => by.kind === 'implied-budget' && by.ready);
    expect(new Set(blocked)).toEqual(new Set([7]));
    expect(given.rehearsal.of('pod.forced')).toEqual([]);
    expect(given.rehearsal.clock.now() - begun).toBeLessThan(30 * SECOND);
    expectPromisesKept(given);
  });

  test('the primary and replicas of a StatefulSet: leave one at a time', async () => {
    await using given = await scene((world, node) => {
      world.addStatefulSet({ ...WEB, name: 'db', replicas: 3, nodes: [node] });
    });
    given.rehearsal.kubernetes.pods('shop').forEach(({ metadata }, at) => {
      label(given, metadata.name, { role: at === 0 ? 'primary' : 'replica' });
    });
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(statuses(given)).toEqual([201, 201, 201]);
    expectPromisesKept(given);
  });
});

describe('pods of a controller that Ebb does not know', () => {
  test.each([
    ['CloneSet', 'apps.kruise.io/v1alpha1', 'apps.kruise.io/pod-id'],
    ['StrimziPodSet', 'core.strimzi.io/v1beta2', 'statefulset.kubernetes.io/pod-name'],
    ['Cluster', 'postgresql.cnpg.io/v1', 'cnpg.io/instanceName'],
  ])(
    'a %s, whose pods each have a label of their own: leave one at a time, which is said once',
    async (kind, apiVersion, own) => {
      const owner = { apiVersion, kind, name: 'kafka', uid: 'uid of kafka', controller: true };
      await using given = await scene((world, node) => {
        for (let n = 0; n < 4; n += 1) {
          world.addBarePod({ ...WEB, name: `kafka-${n}`, node, labels: { [own]: `${n}` }, ownerReferences: [owner] });
        }
      });
      const { kubernetes } = given.rehearsal;
      makesAgain(given, owner);
      expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
      expect(statuses(given)).toEqual([201, 201, 201, 201]);
      expect(lowestReady(given, `shop/${kind}/kafka`)).toBe(3);
      expect(given.rehearsal.of('controller.unknown')).toMatchObject([
        { owner: `${kind} shop/kafka`, reason: `its kind ${kind} of ${apiVersion} is none that Ebb knows` },
      ]);
      expect(
        kubernetes.requests.entries.filter(({ verb, resource }) => verb === 'watch' && resource === 'pods'),
      ).toHaveLength(2);
    },
  );

  test('because the role lacks the right to read it: leave one at a time, and the drain goes on', async () => {
    await using given = await scene((world) => {
      world.addDeployment({ ...WEB, replicas: 8, startSeconds: 1 });
    });
    const [role] = clusterRoleManifests('ebb');
    const rules = CLUSTER_ROLE_RULES.filter(({ apiGroups: [group] }) => group !== 'apps');
    given.rehearsal.kubernetes.world.apply({ ...role, rules } as never);
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(lowestReady(given, 'shop/ReplicaSet/web')).toBe(7);
    expect(given.rehearsal.of('controller.unknown')).toMatchObject([
      { reason: expect.stringContaining('cannot get resource "replicasets"') as string },
    ]);
  });
});

describe('an owner that the creator of a pod made up', () => {
  const MADE_UP: readonly Pick<OwnerReference, 'apiVersion' | 'kind' | 'name'>[] = [
    { apiVersion: 'evil.example/v1', kind: 'ReplicaSet', name: 'x/scale' },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x/scale' },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: '../../../../api/v1/namespaces/shop/pods' },
    { apiVersion: 'apps/v1', kind: 'constructor', name: 'web' },
    { apiVersion: 'apps/v1', kind: '__proto__', name: 'web' },
    { apiVersion: 'apps/v1', kind: 'toString', name: 'web'.repeat(100_000) },
  ];

  test('is unknown, each said once; its pods leave, and so do all others; nothing strange is asked for', async () => {
    await using given = await scene((world, node) => {
      world.addDeployment({ ...WEB, replicas: 4, nodes: [node] });
      for (const [at, claim] of MADE_UP.entries()) {
        const ownerReferences = [{ ...claim, uid: `uid ${at}`, controller: true }];
        world.addBarePod({ ...WEB, name: `odd-${at}`, node, ownerReferences });
      }
    });
    const { kubernetes } = given.rehearsal;
    expect(await given.rehearsal.retire(given.instance)).toEqual({ result: 'drained' });
    expect(kubernetes.podsOn(given.node)).toEqual([]);
    expect(given.rehearsal.of('pod.forced')).toEqual([]);
    const told = given.rehearsal.of('controller.unknown');
    expect(told.map(({ pod }) => pod).toSorted()).toEqual(MADE_UP.map((_, at) => `shop/odd-${at}`));
    expect(Math.max(...told.map(({ owner }) => owner.length))).toBeLessThan(600);
    const read = kubernetes.requests.entries.filter(({ verb, resource }) => verb === 'get' && resource !== 'nodes');
    expect(read.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^\/apis\/apps\/v1\/namespaces\/shop\/replicasets\/web-[a-z0-9]+$/) as string,
    ]);
    expectCompletedOnce(given);
  });
});

/** The operator of a controller makes each pod again elsewhere when it has gone. */
function makesAgain({ rehearsal }: Scene, owner: OwnerReference): void {
  const { world } = rehearsal.kubernetes;
  let made = 0;
  rehearsal.kubernetes.on((fact) => {
    if (fact.kind !== 'podGone') return;
    made += 1;
    const name = `kafka-again-${made}`;
    rehearsal.clock.after(SECOND, () => {
      world.addBarePod({ ...WEB, name, node: rehearsal.nodes[1] ?? '', ownerReferences: [owner] });
    });
  });
}

function label({ rehearsal }: Scene, name: string, labels: Record<string, string>): void {
  rehearsal.kubernetes.store.change(pods, { namespace: 'shop', name }, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, ...labels };
  });
}

function zonesOf({ rehearsal }: Scene): string[] {
  const zones = rehearsal.kubernetes
    .pods('shop')
    .map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone']);
  return [...new Set(zones)].flatMap((zone) => zone ?? []);
}

function lowestReady({ rehearsal }: Scene, workload: string): number | undefined {
  const { workloads } = rehearsal.kubernetes.availability.report();
  return workloads.find((each) => each.workload.startsWith(workload))?.lowestReady;
}

function expectPromisesKept(given: Scene): void {
  expect(given.rehearsal.kubernetes.availability.report().violations).toEqual([]);
  expectCompletedOnce(given);
}
