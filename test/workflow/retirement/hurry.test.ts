/**
 * Nodes that leave in a hurry (contract 7.1): evictions do not wait for the withdrawal, however many target groups there
 * are, and the release waits for no load balancer past the deadline. With the shipped adapters, at the pace that AWS allows.
 */
import { describe, expect, test } from 'vitest';
import { portFor } from '../../adapters/load-balancing/given.ts';
import { aPool, SECOND } from '../../given.ts';
import { Balancers } from '../traffic/balancers.ts';
import { Rehearsal } from './rehearsal.ts';

const GROUPS = 400;

/** The first of three nodes, with two pods on it, is in 400 target groups of the cluster. */
async function inManyGroups(timeoutSeconds: number) {
  const rehearsal = await Rehearsal.start({ drain: { timeoutSeconds } });
  const { aws, kubernetes, first } = rehearsal;
  const elb = aws.elasticLoadBalancing;
  elb.addLoadBalancer({ name: 'front' });
  const tags = { 'kubernetes.io/cluster/production': 'owned' };
  const arns = Array.from({ length: GROUPS }, (_, index) => {
    const { arn } = elb.addTargetGroup({ name: `tg-${index}`, loadBalancers: ['front'], tags });
    elb.register(arn, [{ id: first.instance }]);
    return arn;
  });
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [first.node] });
  await rehearsal.ready();
  const isIn = (arn: string): boolean =>
    !['draining', 'unused'].includes(elb.health(arn, { id: first.instance }).state);
  const retired = await rehearsal.retire(first.instance, { balancing: portFor(rehearsal) });
  const started = rehearsal.of('retirement.started')[0]?.reportedAt ?? NaN;
  const seconds = (at: number | undefined): number => ((at ?? NaN) - started) / SECOND;
  return {
    rehearsal,
    retired,
    evictedAfter: seconds(rehearsal.of('pod.evicted')[0]?.reportedAt),
    completedAfter: seconds(rehearsal.history(first.instance, 'completion')[0]?.at),
    left: arns.filter(isIn).length,
    deregistrations: aws.requests.filter(({ action }) => action === 'DeregisterTargets').length,
    [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose](),
  };
}

describe(`a node in ${GROUPS} target groups`, { timeout: 240_000 }, () => {
  test('with 240 s to its deadline is drained at once, and out of them all by then', async () => {
    await using given = await inManyGroups(240);
    expect(given.retired).toEqual({ result: 'drained' });
    expect(given.evictedAfter).toBeLessThan(5);
    expect(given.left).toBe(0);
    expect(given.deregistrations).toBe(GROUPS);
    expect(given.rehearsal.of('targets.deregistered')).toHaveLength(1);
    expect(given.completedAfter).toBeLessThan(245);
  });

  test('with 120 s to its deadline is drained at once, and let go at its deadline, out of as many as there was time for', async () => {
    await using given = await inManyGroups(120);
    expect(given.retired).toEqual({ result: 'drained' });
    expect(given.evictedAfter).toBeLessThan(5);
    expect(given.completedAfter).toBeGreaterThan(110);
    expect(given.completedAfter).toBeLessThan(125);
    expect(given.rehearsal.of('hook.completed')).toHaveLength(1);
  });

  test('whose deadline comes near while it is withdrawn waits no longer, and is asked for once all the same', async () => {
    await using given = await inManyGroups(400);
    expect(given.retired).toEqual({ result: 'drained' });
    expect(given.evictedAfter).toBeGreaterThanOrEqual(95);
    expect(given.evictedAfter).toBeLessThan(110);
    expect(given.left).toBe(0);
    expect(given.rehearsal.of('targets.deregistered')).toHaveLength(1);
    expect(given.deregistrations).toBe(GROUPS);
    expect(given.completedAfter).toBeLessThan(405);
  });
});

test('a load balancer that cannot be asked holds up nobody in a hurry, is asked again, and told', async () => {
  await using rehearsal = await Rehearsal.start({ drain: { timeoutSeconds: 200 } });
  const { instance, node } = rehearsal.first;
  const balancing = new Balancers();
  balancing.has(aPool({ drainSeconds: 20 }), instance);
  balancing.failing.add('all');
  rehearsal.clock.after(40 * SECOND, () => {
    balancing.failing.delete('all');
  });
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
  await rehearsal.ready();
  const started = rehearsal.clock.now();
  expect(await rehearsal.retire(instance, { balancing })).toEqual({ result: 'drained' });
  expect((rehearsal.of('pod.evicted')[0]?.reportedAt ?? NaN) - started).toBeLessThan(5 * SECOND);
  expect(balancing.deregistered.size).toBe(1);
  expect(rehearsal.of('targets.drained')).toHaveLength(1);
});

test('an API server that is away in a hurry is asked again at once, while the load balancers are seen to', async () => {
  await using rehearsal = await Rehearsal.start({ heartbeatTimeout: 60, drain: { timeoutSeconds: 280 } });
  const { instance, node } = rehearsal.first;
  const balancing = new Balancers();
  balancing.has(aPool({ drainSeconds: 20 }), instance);
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node] });
  await rehearsal.ready();
  rehearsal.clock.after(500, () => {
    const unavailable = rehearsal.kubernetes.faults.reset({});
    rehearsal.clock.after(60 * SECOND, () => {
      unavailable.remove();
    });
  });
  expect(await rehearsal.retire(instance, { balancing })).toEqual({ result: 'drained' });
  expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  expect(balancing.deregistered.size).toBe(1);
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
});
