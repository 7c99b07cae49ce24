/** Requests of mattermost/rotator to the operator's URL (contract 10.5). */
import { expect, test } from 'vitest';
import { aNode, CLUSTER, INSTANCE, NODE, OperatorGiven } from './given.ts';

test('its documented request to rotate begins a rotation, and is echoed', async () => {
  const given = new OperatorGiven();
  const json = { clusterID: CLUSTER, maxScaling: 4, rotateMasters: true, rotateWorkers: true, EvictGracePeriod: 30 };
  const { statusCode, headers, content } = await given.ask('POST', '/api/rotate', { json });
  expect(statusCode).toBe(202);
  expect(content).toMatchObject({ ClusterID: CLUSTER, MaxScaling: 4, EvictGracePeriod: 30, WaitBetweenRotations: 60 });
  const [{ order } = { order: undefined }] = given.rotations;
  expect(order?.request).toMatchObject({
    maxSurge: 4,
    rotateControlPlane: true,
    gracePeriod: 30,
    only: 'all',
    force: false,
  });
  expect(headers.location).toBe(`/rotations/${order?.id ?? ''}`);
});

test('its command line sends every field, with its defaults, and each is what it was for rotator', async () => {
  const given = new OperatorGiven();
  const json = {
    clusterID: CLUSTER,
    maxScaling: 4,
    rotateMasters: true,
    rotateWorkers: true,
    maxDrainRetries: 10,
    evictGracePeriod: 30,
    waitBetweenRotations: 30,
    waitBetweenDrains: 60,
    waitBetweenPodEvictions: 2,
  };
  const { statusCode, content } = await given.ask('POST', '/api/rotate', { json });
  expect(statusCode).toBe(202);
  expect(content).toEqual({
    ClusterID: CLUSTER,
    MaxScaling: 4,
    RotateMasters: true,
    RotateWorkers: true,
    MaxDrainRetries: 10,
    EvictGracePeriod: 30,
    WaitBetweenRotations: 30,
    WaitBetweenDrains: 60,
    WaitBetweenPodEvictions: 2,
  });
  expect(given.rotations).toMatchObject([
    {
      order: {
        request: {
          maxSurge: 4,
          rotateControlPlane: true,
          rotateWorkers: true,
          maxDrainRetries: 10,
          gracePeriod: 30,
          pauseBetweenBatches: 30,
          pauseBetweenDrains: 60,
          pauseBetweenEvictions: 2,
        },
      },
    },
  ]);
});

test('its request to drain begins a retirement, and is echoed', async () => {
  const given = new OperatorGiven();
  const json = { nodeName: NODE, terminateNode: true, clusterID: CLUSTER };
  const { statusCode, content } = await given.ask('POST', '/api/drain', { json });
  expect(statusCode).toBe(202);
  expect(content).toEqual({
    NodeName: NODE,
    GracePeriod: 60,
    MaxDrainRetries: 10,
    WaitBetweenPodEvictions: 2,
    DetachNode: false,
    TerminateNode: true,
    ClusterID: CLUSTER,
  });
  const terms = {
    release: 'terminate',
    gracePeriodSeconds: 60,
    pauseBetweenEvictionsSeconds: 2,
    timeoutSeconds: 6_600,
  };
  expect(given.retirements).toMatchObject([{ notice: { instance: INSTANCE, terms } }]);
});

test('its request to drain needs no clusterID while one configured cluster has the node', async () => {
  const given = new OperatorGiven();
  given.nodes.staging = [aNode({ name: 'n2' })];
  expect(await given.ask('POST', '/api/drain', { json: { nodeName: NODE } })).toMatchObject({ statusCode: 202 });
  given.nodes.staging = [aNode()];
  const { statusCode, content } = await given.ask('POST', '/api/drain', { json: { nodeName: NODE } });
  expect([statusCode, content.faults]).toEqual([
    400,
    [`clusterID: production and staging have ${NODE}: name one of them`],
  ]);
});

test.each([
  ['/api/rotate', {}, 400, ['clusterID: must be the name of a configured cluster']],
  [
    '/api/rotate',
    { clusterID: CLUSTER },
    400,
    ['rotateMasters, rotateWorkers: both are false, so there is nothing to rotate'],
  ],
  // A part of a name was enough for rotator.
  [
    '/api/rotate',
    { clusterID: 'prod', rotateWorkers: true },
    400,
    ['clusterID: prod is not configured: name production'],
  ],
  ['/api/drain', { nodeName: 'n2', clusterID: CLUSTER }, 404, ['nodeName: there is no n2 in production']],
  ['/api/drain', { nodeName: NODE, terminate: true }, 400, ['terminate: is no field: nodeName, gracePeriod']],
])('%s with %j is answered %i, in its names', async (path, json, status, faults) => {
  const given = new OperatorGiven();
  const { statusCode, content } = await given.ask('POST', path, { json });
  expect(statusCode).toBe(status);
  expect(content.faults).toEqual(faults.map((fault) => expect.stringContaining(fault) as string));
  expect([given.rotations, given.retirements]).toEqual([[], []]);
});
