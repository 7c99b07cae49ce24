/** The availability check has to be able to fail. */
import { describe, expect, it } from 'vitest';

import { impliedUnavailable } from './availability.ts';
import { TestPeer } from '../api/wire.ts';

async function watched(): Promise<TestPeer> {
  const given = await TestPeer.start();
  for (const name of ['a', 'b']) given.peer.world.addNode({ name });
  given.peer.world.addDeployment({ namespace: 'app', name: 'web', replicas: 5, startSeconds: 5, nodes: ['a'] });
  given.peer.world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 3 });
  given.peer.world.addDeployment({ namespace: 'app', name: 'one', replicas: 1 });
  given.peer.world.addDeployment({ namespace: 'app', name: 'api', replicas: 4 });
  given.peer.world.addBudget({ namespace: 'app', name: 'api', for: 'api', minAvailable: 3 });
  await given.peer.settle();
  given.peer.availability.watch();
  return given;
}

const podsOf = (given: TestPeer, app: string): string[] =>
  given.peer.pods('app').flatMap(({ metadata }) => (metadata.labels?.app === app ? [metadata.name] : []));

it('reports each workload with its budget, its floor and its lowest point', async () => {
  await using given = await watched();
  for (const name of podsOf(given, 'web').slice(0, 2)) await given.evict(name);
  for (const name of [...podsOf(given, 'one'), 'db-2']) await given.evict(name);
  await given.peer.settle();
  const { workloads, violations } = given.peer.availability.report();
  expect(violations).toEqual([]);
  const rows = workloads.map(({ budget, replicas, floor, lowestReady }) => [budget, replicas, floor, lowestReady]);
  expect(rows.sort()).toEqual([
    ['api', 4, 3, 4],
    ['implied', 1, 0, 0],
    ['implied', 3, 2, 2],
    ['implied', 5, 3, 3],
  ]);
});

it('finds an implied budget broken by hand', async () => {
  await using given = await watched();
  for (const name of podsOf(given, 'web')) await given.evict(name);
  const { violations } = given.peer.availability.report();
  expect(violations.map(({ ready, floor }) => [ready, floor])).toEqual([
    [2, 3],
    [1, 3],
    [0, 3],
  ]);
  expect(violations[0]?.workload).toMatch(/^app\/ReplicaSet\/web-/);
});

it('finds a real budget passed by deleting', async () => {
  await using given = await watched();
  for (const name of podsOf(given, 'api').slice(0, 2))
    await given.ask(`/api/v1/namespaces/app/pods/${name}`, { method: 'DELETE' });
  expect(given.peer.availability.report().violations).toMatchObject([{ budget: 'api', ready: 2, floor: 3 }]);
});

it('does not blame anybody for a dead node', async () => {
  await using given = await watched();
  given.peer.terminateMachine('a');
  await given.clock.advance(60_000);
  const { workloads, violations } = given.peer.availability.report();
  expect(violations).toEqual([]);
  expect(workloads.find(({ replicas }) => replicas === 5)?.lowestReady).toBe(0);
});

describe('implied budgets', () => {
  it.each([
    ['ReplicaSet', 1, 1],
    ['ReplicaSet', 2, 1],
    ['ReplicaSet', 5, 2],
    ['ReplicaSet', 30, 8],
    ['StatefulSet', 30, 1],
    ['Rollout', 4, 1],
  ])('%s of %i: %i away', (kind, replicas, away) => {
    expect(impliedUnavailable({ apiVersion: 'apps/v1', kind }, replicas)).toBe(away);
  });
});
