/** Pods that a kubelet runs: readiness, the end within the grace, and a budget that waits for a real replacement. */
import { expect } from 'vitest';

import { cases } from '../conformance-case.ts';
import { isReady } from '../ground.ts';
import { workloadManifest } from '../manifests.ts';

const controllers = cases('controllers');
/** What a cluster needs to pull the image, at worst. */
const START_SECONDS = 120;

export const running = [
  controllers(
    'a kubelet makes a pod Ready, and confirms its end within the grace',
    async (given) => {
      const { client, ground } = given;
      const { metadata } = await ground.addPod({ name: 'p1', nodeSelector: {}, graceSeconds: 5 });
      const { namespace } = ground;
      const ready = await given.eventually(
        'p1 is Ready',
        async () => {
          const pod = await ground.pod('p1');
          return pod !== undefined && isReady(pod) && pod;
        },
        START_SECONDS,
      );
      expect(ready.status.phase).toBe('Running');
      expect(ready.status.containerStatuses).toMatchObject([{ name: 'main', ready: true, state: { running: {} } }]);
      const { uid } = metadata;
      expect((await client.evict({ namespace, name: 'p1' }, { preconditions: { uid } })).status).toBe(201);
      await given.eventually('p1 is gone', async () => (await ground.pod('p1')) === undefined);
    },
    ['kubelets'],
  ),

  controllers(
    'a budget waits for the replacement that a kubelet starts',
    async (given) => {
      const { client, ground } = given;
      const { namespace } = ground;
      const manifest = workloadManifest('Deployment', { name: 'web', replicas: 2, graceSeconds: 2 });
      await client.create(ground.path('deployments', 'apis/apps/v1'), manifest);
      await ground.addBudget('web', 'web', { maxUnavailable: 1 });
      const allows = (what: string) =>
        given.eventually(what, async () => (await ground.budget('web')).status.disruptionsAllowed === 1, START_SECONDS);
      await allows('both pods are Ready');
      const [first, second] = (await ground.pods('web')).map(({ metadata }) => metadata.name);
      expect((await client.evict({ namespace, name: first ?? '' })).status).toBe(201);
      await allows('the replacement is Ready');
      expect((await client.evict({ namespace, name: second ?? '' })).status).toBe(201);
      await given.eventually('the first is gone', async () => (await ground.pod(first ?? '')) === undefined);
    },
    ['kubelets'],
  ),
];
