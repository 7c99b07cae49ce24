/** What Ebb makes of each field of mattermost/rotator's two requests (contract 10.5). */
import { describe, expect, test } from 'vitest';
import { parseNodeRequest } from '../../../lambdas/core/rotation/node-request.ts';
import { parseRotationRequest } from '../../../lambdas/core/rotation/rotation-request.ts';
import {
  inRotatorsWords,
  translateDrain,
  translateRotation,
  type Translated,
} from '../../../lambdas/core/rotation/rotator-request.ts';

function translated(result: ReturnType<typeof translateRotation>): Translated {
  if ('faults' in result) throw new Error(result.faults.join('; '));
  return result;
}

describe('a request to rotate a cluster', () => {
  test('has rotator’s defaults', () => {
    expect(translated(translateRotation({ clusterID: 'production' })).request).toEqual({
      cluster: 'production',
      maxSurge: 1,
      rotateControlPlane: false,
      rotateWorkers: false,
      maxDrainRetries: 10,
      gracePeriod: 60,
      pauseBetweenBatches: 60,
      pauseBetweenDrains: 60,
      pauseBetweenEvictions: 0,
    });
  });

  test.each([
    ['clusterID', 'staging', 'cluster'],
    ['maxScaling', 4, 'maxSurge'],
    ['rotateMasters', true, 'rotateControlPlane'],
    ['rotateWorkers', true, 'rotateWorkers'],
    ['maxDrainRetries', 3, 'maxDrainRetries'],
    ['evictGracePeriod', 30, 'gracePeriod'],
    ['waitBetweenRotations', 30, 'pauseBetweenBatches'],
    ['waitBetweenDrains', 0, 'pauseBetweenDrains'],
    ['waitBetweenPodEvictions', 2, 'pauseBetweenEvictions'],
  ])('takes %s: %j as %s', (name, value, ebbs) => {
    const { request } = translated(translateRotation({ clusterID: 'production', [name]: value }));
    expect(request[ebbs]).toBe(value);
  });

  test('whose names are in another case, as rotator’s own sample has them, is taken', () => {
    const sample = {
      clusterID: '12345678',
      maxScaling: 2,
      rotateMasters: true,
      rotateWorkers: true,
      maxDrainRetries: 10,
      EvictGracePeriod: 45,
      WaitBetweenRotations: 50,
      WaitBetweenDrains: 55,
    };
    const { request } = translated(translateRotation(sample));
    expect(request).toMatchObject({ gracePeriod: 45, pauseBetweenBatches: 50, pauseBetweenDrains: 55 });
    expect(parseRotationRequest(request)).toMatchObject({ request: { cluster: '12345678', rotateControlPlane: true } });
  });

  test('is echoed with its defaults, in the names of rotator’s answers; the echo is a request too', () => {
    const given = { clusterID: 'production', rotateWorkers: true, maxScaling: 4 };
    const { echo, request } = translated(translateRotation(given));
    expect(echo).toEqual({
      ClusterID: 'production',
      MaxScaling: 4,
      RotateMasters: false,
      RotateWorkers: true,
      MaxDrainRetries: 10,
      EvictGracePeriod: 60,
      WaitBetweenRotations: 60,
      WaitBetweenDrains: 60,
      WaitBetweenPodEvictions: 0,
    });
    expect(translated(translateRotation(echo)).request).toEqual(request);
  });

  test('has every fault named at once, with the names that were sent', () => {
    const result = translateRotation({
      maxScaling: 0,
      evictGracePeriod: -1,
      waitBetweenDrain: 5,
      rotateWorkers: 'yes',
    });
    expect('faults' in result && result.faults).toEqual([
      'clusterID: must be the name of a configured cluster such as production',
      'maxScaling: must be a number of nodes from 1 to 20, such as 2',
      'rotateWorkers: must be true or false',
      'evictGracePeriod: must be whole seconds from 1 to 172800, such as 60',
      expect.stringContaining('waitBetweenDrain: is no field: clusterID, maxScaling, rotateMasters'),
    ]);
  });

  test('that rotates nothing is told so in its own names', () => {
    const asked = translated(translateRotation({ clusterID: 'production' }));
    const parsed = parseRotationRequest(asked.request);
    expect(inRotatorsWords('faults' in parsed ? parsed.faults : [], asked)).toEqual([
      'rotateMasters, rotateWorkers: both are false, so there is nothing to rotate',
    ]);
  });
});

describe('a request to drain a node', () => {
  test('has rotator’s defaults', () => {
    const { request } = translated(translateDrain({ nodeName: 'ip-10-0-1-23.ec2.internal' }));
    expect(request).toEqual({
      node: 'ip-10-0-1-23.ec2.internal',
      gracePeriod: 60,
      maxDrainRetries: 10,
      pauseBetweenEvictions: 2,
      detach: false,
      terminate: false,
    });
    expect(parseNodeRequest(request)).toHaveProperty('request');
  });

  test.each([
    ['nodeName', 'n2', 'node'],
    ['gracePeriod', 30, 'gracePeriod'],
    ['maxDrainRetries', 0, 'maxDrainRetries'],
    ['waitBetweenPodEvictions', 0, 'pauseBetweenEvictions'],
    ['detachNode', true, 'detach'],
    ['terminateNode', true, 'terminate'],
    ['clusterID', 'staging', 'cluster'],
  ])('takes %s: %j as %s', (name, value, ebbs) => {
    const { request } = translated(translateDrain({ nodeName: 'n1', [name]: value }));
    expect(request[ebbs]).toBe(value);
  });

  test.each([[undefined], [null], ['n1'], [['n1']]])('that is %j is refused', (given) => {
    expect(translateDrain(given)).toEqual({
      faults: ['request: must be a JSON object such as {"nodeName": "ip-10-0-1-23.ec2.internal"}'],
    });
  });

  test('without a node says what it must be', () => {
    expect(translateDrain({})).toEqual({
      faults: ['nodeName: must be the name of a node such as ip-10-0-1-23.ec2.internal'],
    });
  });
});
