import { describe, expect, test } from 'vitest';
import { termsOf, nodeRequestSchema } from '../../../lambdas/core/rotation/node-request.ts';
import { drainSeconds, parseRotationRequest } from '../../../lambdas/core/rotation/rotation-request.ts';

function faultsOf(given: unknown): readonly string[] {
  const parsed = parseRotationRequest(given);
  return 'faults' in parsed ? parsed.faults : [];
}

describe('the request of a rotation (contract 10.1)', () => {
  test('needs a cluster alone; the rest has the contract’s defaults', () => {
    expect(parseRotationRequest({ cluster: 'production' })).toEqual({
      request: {
        cluster: 'production',
        only: 'all',
        maxSurge: 1,
        rotateControlPlane: false,
        rotateWorkers: true,
        maxDrainRetries: 10,
        pauseBetweenBatches: 60,
        pauseBetweenDrains: 60,
        pauseBetweenEvictions: 0,
        podsReadyTimeout: 900,
        alarmNames: [],
        maxFailures: 1,
        force: false,
        dryRun: false,
      },
    });
  });

  test('names every fault at once, each with its field', () => {
    expect(
      faultsOf({ cluster: '', maxSurge: 0, only: 'old', groups: ['a b'], pauseBetweenDrains: -1, dryrun: true }),
    ).toEqual([
      'cluster: must be the name of a configured cluster such as production',
      'groups[0]: must be the name of an Auto Scaling group such as workers',
      'only: must be "drifted" or "all"',
      'maxSurge: must be a number of nodes from 1 to 20, such as 2',
      'pauseBetweenDrains: must be whole seconds from 0 to 86400, such as 60',
      expect.stringMatching(/^dryrun: is no field: cluster, groups, only, /) as string,
    ]);
  });

  test.each([[null], ['production'], [[]]])('that is %j is no object', (given) => {
    expect(faultsOf(given)).toEqual(['request: must be a JSON object such as {"cluster": "production"}']);
  });

  test('for neither control plane nor workers has nothing to rotate', () => {
    expect(faultsOf({ cluster: 'production', rotateWorkers: false })).toEqual([
      'rotateControlPlane, rotateWorkers: both are false, so there is nothing to rotate',
    ]);
  });

  test.each([
    [0, 600],
    [10, 6_600],
    [287, 172_800],
  ])('with %i retries gives a drain %i s', (maxDrainRetries, seconds) => {
    expect(drainSeconds({ maxDrainRetries })).toBe(seconds);
  });
});

describe('the request of one node (contract 10.4)', () => {
  const asked = (more: object) => termsOf(nodeRequestSchema.parse({ cluster: 'production', node: 'a', ...more }));

  test('leaves the instance where it is, unless it is to be terminated', () => {
    expect(asked({})).toEqual({
      detach: false,
      release: 'leave',
      force: false,
      timeoutSeconds: 6_600,
      pauseBetweenEvictionsSeconds: 0,
    });
    expect(asked({ terminate: true, detach: true })).toMatchObject({ release: 'terminate', detach: true });
  });

  test.each([
    [{ force: true }, { force: true }],
    [{ gracePeriod: 5 }, { gracePeriodSeconds: 5 }],
    [{ pauseBetweenEvictions: 2 }, { pauseBetweenEvictionsSeconds: 2 }],
    [{ maxDrainRetries: 0 }, { timeoutSeconds: 600 }],
  ])('with %j has the terms %j', (more, terms) => {
    expect(asked(more)).toMatchObject(terms);
  });
});
