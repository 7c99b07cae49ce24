/** Which evictions a budget has a say in. The recorded answers are in recorded.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allowance } from './budget-arithmetic.ts';
import { budgets } from '../storage/resources.ts';
import { TestPeer } from '../api/wire.ts';

async function guarded(policy?: 'AlwaysAllow' | 'IfHealthyBudget'): Promise<TestPeer> {
  const given = await TestPeer.start();
  for (const name of ['a', 'b']) given.peer.world.addNode({ name });
  given.peer.world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 3, shutdownSeconds: 5, parallel: true });
  const unhealthy = policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy };
  given.peer.world.addBudget({ namespace: 'app', name: 'db', for: 'db', minAvailable: 3, ...unhealthy });
  await given.peer.settle();
  return given;
}

const pod = (name: string) => ({ namespace: 'app', name });

it('protects a pod that is not ready while the budget is not met without it', async () => {
  await using given = await guarded();
  given.peer.world.setReady(pod('db-0'), false);
  await given.clock.advance(100);
  expect((await given.evict('db-0')).status).toBe(429);
});

it('lets a pod that is not ready go when the policy always allows', async () => {
  await using given = await guarded('AlwaysAllow');
  given.peer.world.setReady(pod('db-0'), false);
  await given.clock.advance(100);
  expect((await given.evict('db-0')).status).toBe(201);
  expect((await given.evict('db-1')).status).toBe(429);
});

it('lets finished and pending pods go', async () => {
  await using given = await guarded();
  given.peer.world.finish(pod('db-0'));
  expect((await given.evict('db-0')).status).toBe(201);
  given.peer.world.addStatefulSet({ namespace: 'app', name: 'db2', startSeconds: 60, labels: { app: 'db2' } });
  given.peer.world.addBudget({ namespace: 'app', name: 'db2', for: 'db2', minAvailable: 1 });
  await given.clock.advance(1_000);
  expect((await given.evict('db2-0')).status).toBe(201);
});

it('takes one disruption per eviction before the controller has looked', async () => {
  await using given = await TestPeer.start({ controller: 5_000 });
  given.peer.world.addNode({ name: 'a' });
  given.peer.world.addDeployment({ namespace: 'app', name: 'web', replicas: 4, shutdownSeconds: 60 });
  given.peer.world.addBudget({ namespace: 'app', name: 'web', for: 'web', maxUnavailable: 2 });
  await given.peer.settle();
  const answers = await Promise.all(given.peer.pods('app').map(({ metadata }) => given.evict(metadata.name)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429]);
  expect(Object.keys(given.peer.store.get(budgets, pod('web'))?.status.disruptedPods ?? {})).toHaveLength(2);
});

it('takes grace and resource version from the delete options, and refuses what is no eviction', async () => {
  await using given = await guarded();
  given.peer.world.addBarePod({ namespace: 'app', name: 'bare', node: 'a', shutdownSeconds: 60 });
  await given.peer.settle();
  const wrong = await given.evict('bare', { preconditions: { resourceVersion: '1' } });
  expect(wrong.body).toMatchObject({
    code: 409,
    message: expect.stringContaining('the ResourceVersion in the precondition (1)') as string,
  });
  const path = '/api/v1/namespaces/app/pods/bare/eviction';
  const send = (apiVersion: string) => {
    const body = { apiVersion, kind: 'Eviction', metadata: { name: 'bare' }, deleteOptions: { dryRun: ['All'] } };
    return given.ask(path, { method: 'POST', body });
  };
  expect((await send('policy/v1beta1')).status).toBe(201);
  expect((await send('policy/v2')).status).toBe(400);
  expect((await given.evict('bare', { dryRun: ['All'] })).status).toBe(201);
  expect(given.peer.pods('app').every(({ metadata }) => metadata.deletionTimestamp === undefined)).toBe(true);
  expect((await given.evict('bare', { gracePeriodSeconds: 2 })).status).toBe(201);
  await given.clock.advance(2_500);
  expect(given.peer.timeline.lives.find((life) => life.pod === 'bare')?.gone).toBeDefined();
});

it('keeps a log of evictions by user', async () => {
  await using given = await guarded();
  await given.evict('db-0');
  expect(given.peer.evictions).toMatchObject([{ pod: 'db-0', user: 'kubernetes-admin', status: 429 }]);
});

describe('budget arithmetic', () => {
  const cases: [object, [number, number, number], [number, number]][] = [
    // spec, [pods, scale, healthy], [desired, allowed]
    [{ maxUnavailable: 1 }, [10, 10, 10], [9, 1]],
    [{ maxUnavailable: '25%' }, [10, 10, 10], [7, 3]],
    [{ maxUnavailable: '1%' }, [10, 10, 10], [9, 1]],
    [{ maxUnavailable: 0 }, [10, 10, 10], [10, 0]],
    [{ maxUnavailable: 20 }, [10, 10, 4], [0, 4]],
    [{ minAvailable: 2 }, [3, 3, 3], [2, 1]],
    [{ minAvailable: 4 }, [3, 3, 3], [4, 0]],
    [{ minAvailable: '50%' }, [7, 7, 7], [4, 3]],
    [{ minAvailable: '100%' }, [7, 7, 7], [7, 0]],
    [{ maxUnavailable: 1 }, [11, 10, 10], [9, 1]],
    [{ minAvailable: 0 }, [0, 0, 0], [0, 0]],
    [{}, [3, 3, 2], [0, 2]],
  ];
  it.each(cases)('%j with %j: %j', (spec, [pods, scale, healthy], [desiredHealthy, disruptionsAllowed]) => {
    expect(allowance(spec, { pods, scale, healthy })).toMatchObject({ desiredHealthy, disruptionsAllowed });
  });

  it('never allows more than are healthy, nor below what is wanted', () => {
    const percent = fc.nat(100).map((value) => `${value}%`);
    const amount = fc.oneof(fc.nat(50), percent);
    const spec = fc.oneof(fc.record({ minAvailable: amount }), fc.record({ maxUnavailable: amount }));
    const check = (budget: object, [healthy, scale]: [number, number]): boolean => {
      const { disruptionsAllowed, desiredHealthy } = allowance(budget, { pods: scale, scale, healthy });
      return disruptionsAllowed === 0 || healthy - disruptionsAllowed >= desiredHealthy;
    };
    fc.assert(fc.property(spec, fc.tuple(fc.nat(40), fc.nat(40)), check));
  });
});
