/** Nodes that begin at once, and that their load balancers cannot all spare (contract 7.1). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RETIREMENT_ANNOTATION, PLAIN_DRAIN_KEY } from '../../../lambdas/core/node/marks.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { Pass } from '../../../lambdas/workflow/run/stage.ts';
import type { Order } from '../../../lambdas/workflow/retirement/retirement.ts';
import { giveWayStage } from '../../../lambdas/workflow/traffic/target-allowance.ts';
import { aCluster, instanceId, nodeName, upTo } from '../../fleet-given.ts';
import { aNode, aPool, HOUR, MINUTE, NOON, SECOND } from '../../given.ts';
import { Balancers } from './balancers.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Isolated, in the order of their numbers. */
function isolated(number: number, kind = 'tainted', execution = `e-${number}`): Node {
  const since = new Date(NOON - MINUTE + number * SECOND).toISOString();
  const deadline = new Date(NOON + HOUR).toISOString();
  const ownership = { execution, kind, since, deadline, cordonedByUs: true, labelledByUs: true };
  return aNode({
    name: nodeName(number),
    providerId: `aws:///eu-central-1a/${instanceId(number)}`,
    taints: [{ key: PLAIN_DRAIN_KEY, effect: 'NoSchedule' }],
    annotations: { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership) },
  });
}

type Looked = Pass<{ givesWay?: readonly string[] }, { since?: number }>;

/** What the node of this number makes of it. @param retiring all that are isolated */
async function look(
  number: number,
  retiring: readonly Node[],
  { targets = 3, out = [] as readonly number[], memory = {} } = {},
): Promise<Looked> {
  const balancing = new Balancers();
  const pool = aPool();
  balancing.has(pool, ...upTo(targets).map(instanceId));
  await balancing.deregister(
    pool,
    out.map((each) => ({ id: instanceId(each), state: 'registered', healthy: true })),
  );
  const order = {
    notice: { kind: 'tainted', taint: PLAIN_DRAIN_KEY, instance: instanceId(number) },
    cluster: aCluster(),
    course: { subject: { group: 'workers', execution: `e-${number}` } },
    ports: { balancing, clusters: { open: () => Promise.resolve({ retiringNodes: () => Promise.resolve(retiring) }) } },
  } as unknown as Order;
  return giveWayStage(order, { node: nodeName(number), pools: [pool.id] }).pass(memory, undefined as never);
}

const goesOn = { state: 'done', value: {} };
const waits = (words: string) => ({ state: 'waiting', memory: { since: NOON }, waitingFor: [`web (${words})`] });
const givesWay = (words: string) => ({ state: 'done', value: { givesWay: [`web (${words})`] } });
const ONE_OF_THREE = '1 of 3 targets would be healthy without it';

describe('of two that are isolated at once, and of whom three targets can spare one,', () => {
  const both = [isolated(1), isolated(2)];

  test('the first waits until the second has given way', async () => {
    expect(await look(1, both)).toEqual(waits(ONE_OF_THREE));
    expect(await look(2, both)).toEqual(givesWay(ONE_OF_THREE));
    expect(await look(1, both.slice(0, 1))).toEqual(goesOn);
  });

  test('so they do when a controller has taken both out by their label', async () => {
    expect(await look(1, both, { out: [1, 2] })).toEqual(waits(ONE_OF_THREE));
    expect(await look(2, both, { out: [1, 2] })).toEqual(givesWay(ONE_OF_THREE));
  });

  test('the first goes on waiting when the second has given way and its target is not healthy yet', async () => {
    const memory = { since: NOON - MINUTE };
    expect(await look(1, both.slice(0, 1), { out: [1, 2], memory })).toMatchObject({ state: 'waiting', memory });
  });

  test('the first gives way too when the second goes on all the same', async () => {
    const memory = { since: NOON - 5 * MINUTE };
    expect(await look(1, both, { memory })).toEqual(givesWay(ONE_OF_THREE));
  });

  test('both go on when the pool can spare both', async () => {
    for (const number of [1, 2]) expect(await look(number, both, { targets: 4 })).toEqual(goesOn);
  });
});

test('of three, of whom five targets can spare two, the last gives way', async () => {
  const three = [1, 2, 3].map((number) => isolated(number));
  const looks = await Promise.all([1, 2, 3].map((number) => look(number, three, { targets: 5 })));
  expect(looks.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'done']);
  expect(looks[2]).toEqual(givesWay('2 of 5 targets would be healthy without it'));
});

test('one whose node is in the charge of another retirement meanwhile says so', async () => {
  expect(await look(1, [isolated(1, 'asg-terminate', 'another'), isolated(2)])).toEqual({
    state: 'done',
    value: { by: 'another' },
  });
});

test('what nothing forces to go gives way to what must, however much later that came', async () => {
  expect(await look(1, [isolated(1), isolated(2, 'asg-terminate')])).toEqual(givesWay(ONE_OF_THREE));
});
