/** What a pod is told of its node and its owner: labels that it is given, and claims that nobody checks. */
import { expect } from 'vitest';

import type { Pod } from '../../peers/kubernetes/storage/objects.ts';
import { cases, type Given } from '../conformance-case.ts';
import { podManifest } from '../manifests.ts';

const api = cases('api');
const controllers = cases('controllers');

const ZONE = 'topology.kubernetes.io/zone';
const REGION = 'topology.kubernetes.io/region';
const PLACE = { [ZONE]: 'z1', [REGION]: 'r1' };

/** PodTopologyLabels is on by default since then. */
const LABELLED_SINCE = 35;

async function skipBefore({ client, skip }: Given): Promise<void> {
  const { minor } = await client.get<{ minor: string }>('/version');
  if (parseInt(minor, 10) < LABELLED_SINCE) skip(`pods take no labels of their node before 1.${LABELLED_SINCE}`);
}

export const owning = [
  api('a pod that is made for a node takes its zone and region as labels, in the place of its own', async (given) => {
    await skipBefore(given);
    await given.ground.addNode({ name: 'a', labels: PLACE });
    const { metadata } = await given.ground.addPod({ name: 'p1', node: 'a', labels: { [ZONE]: 'mine' } });
    expect(metadata.labels).toEqual({ app: 'p1', ...PLACE });
  }),

  api('a pod that is made for a node that is not there keeps its labels', async (given) => {
    const { metadata } = await given.ground.addPod({ name: 'p1', node: 'a', labels: { [ZONE]: 'mine' } });
    expect(metadata.labels).toEqual({ app: 'p1', [ZONE]: 'mine' });
  }),

  controllers('a pod that is bound takes the zone and region of its node as labels', async (given) => {
    await skipBefore(given);
    const { ground } = given;
    await ground.addNode({ name: 'a', labels: PLACE });
    await ground.addPod({ name: 'p1', nodeSelector: ground.nodeSelector, labels: { [ZONE]: 'mine' } });
    const bound = await given.eventually('p1 is bound', async () => {
      const pod = await ground.pod('p1');
      return pod?.spec.nodeName === undefined ? undefined : pod;
    });
    expect(bound.metadata.labels).toEqual({ app: 'p1', ...PLACE });
  }),

  api('a pod may claim any owner: none is looked at', async ({ client, ground }) => {
    for (const [at, claim] of [
      { apiVersion: 'evil.example/v1', kind: 'ReplicaSet', name: 'x/scale' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: '../../../nodes' },
      { apiVersion: 'apps/v1', kind: 'constructor', name: '__proto__' },
    ].entries()) {
      const owner = { ...claim, uid: '22222222-2222-2222-2222-222222222222', controller: true };
      const body = podManifest({ name: `p${at}`, ownerReferences: [owner] });
      const { status, body: made } = await client.ask<Pod>(ground.path('pods'), { method: 'POST', body });
      expect([status, made.metadata.ownerReferences]).toEqual([201, [owner]]);
    }
  }),
];
