/** Pods that were forced although they could have gone are no success, whatever else holds. */
import { describe, expect, test } from 'vitest';
import type { ProxiedRequest } from '../../peers/own-cluster/proxy.ts';
import { aPod, NOON, SECOND } from '../../given.ts';
import { evictionExpectation } from './own-cluster-outcome.ts';

const LEAVING = ['web-1', 'web-2'].map((name) => aPod({ name }));
const PODS = '/api/v1/namespaces/shop/pods';

function request(method: string, path: string, status = 200): ProxiedRequest {
  return { by: 'function', at: NOON, method, path, status };
}

const ISOLATED = request('PATCH', '/api/v1/nodes/worker');
const evicted = (name: string, status = 201) => request('POST', `${PODS}/${name}/eviction`, status);
const deleted = (name: string) => request('DELETE', `${PODS}/${name}?propagationPolicy=Background`);

function judged(made: readonly ProxiedRequest[], heldSeconds: number) {
  const heldFor = (): number => heldSeconds * SECOND;
  return evictionExpectation([ISOLATED, ...made], { heldFor }, { leaving: LEAVING, scene: { node: 'worker' } });
}

describe('pods leave by eviction as long as their budgets and pace let them', () => {
  test('which holds when all do', () => {
    expect(judged([evicted('web-1'), evicted('web-2')], 172)).toMatchObject({
      holds: true,
      found: '2 did; forced because they were held: none',
    });
  });

  test('which does not hold when they are deleted although they could have gone: each is named', () => {
    expect(judged([deleted('web-1'), deleted('web-2')], 172)).toMatchObject({
      holds: false,
      found: 'forced without need: shop/web-1 (could have gone for 172 s), shop/web-2 (could have gone for 172 s)',
    });
  });

  test.each([
    ['their budget held them', [deleted('web-2')], 0],
    ['they had become free only just before', [deleted('web-2')], 9],
    ['the server denied their eviction', [evicted('web-2', 422), deleted('web-2')], 172],
  ])('which holds when they are deleted because %s', (_why, made, held) => {
    expect(judged([evicted('web-1'), ...made], held)).toMatchObject({
      holds: true,
      found: '1 did; forced because they were held: shop/web-2',
    });
  });

  test.each([429, 500, 503])('an eviction that was answered %d denies nothing for good', (status) => {
    expect(judged([evicted('web-2', status), deleted('web-2')], 172).holds).toBe(false);
  });
});
