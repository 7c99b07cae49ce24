/**
 * Marks on nodes are hints (contract 3.5): anybody who may write a node may have written them, its kubelet among them. What
 * they say of load balancers is looked up in AWS, times count within what can be true, and they hold up no other node.
 */
import { describe, expect, test } from 'vitest';
import {
  RETIRING_LABEL,
  COOL_DOWN_ANNOTATION,
  WITHDRAW_LABEL,
  WITHDRAWAL_ANNOTATION,
  TARGETS_ANNOTATION,
} from '../../../lambdas/core/node/marks.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { withdrawalText } from '../../../lambdas/core/traffic/withdrawal.ts';
import { aPool, aSigned, HOUR, MINUTE, SECOND } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Balancers } from '../traffic/balancers.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from '../sweep/sweeping.ts';
import { asks, taint } from './tainting.ts';

interface Forged {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

function forge({ kubernetes }: Rehearsal, name: string, { labels, annotations }: Forged): void {
  kubernetes.store.change(nodes, { name }, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, ...labels };
    metadata.annotations = { ...metadata.annotations, ...annotations };
  });
}

/** Signed by nobody who runs. */
function signed({ clock }: Rehearsal, { since = -MINUTE, deadline = HOUR } = {}): Record<string, string> {
  const at = (later: number): string => new Date(clock.now() + later).toISOString();
  return aSigned({ since: at(since), deadline: at(deadline) });
}

/** The first of five nodes has two pods, and is in a target group; an hour has passed since it joined. */
async function scene() {
  const rehearsal = await Rehearsal.start({ nodes: 5 });
  const { instance, node } = rehearsal.first;
  const balancing = new Balancers();
  balancing.has(aPool({ drainSeconds: 60 }), instance, 'i-0000000000000beef');
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
  await rehearsal.ready();
  await rehearsal.clock.advance(HOUR);
  const retire = () => rehearsal.retire(instance, { balancing });
  return {
    rehearsal,
    balancing,
    instance,
    node,
    retire,
    [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose](),
  };
}

describe('a node that says that it is out of its load balancers', () => {
  const claims = (at: number, until: number) => ({
    [WITHDRAWAL_ANNOTATION]: withdrawalText({ at, until, nodes: 5_000, pools: [] }),
  });

  test.each([
    ['long ago', -30 * MINUTE, -20 * MINUTE],
    ['before it was there', -30 * HOUR, -29 * HOUR],
    ['in ten years', 87_600 * HOUR, 87_601 * HOUR],
  ])('since %s, is taken out of them all the same, and not evicted from before', async (_when, at, until) => {
    await using given = await scene();
    const { rehearsal, balancing, instance, node } = given;
    forge(rehearsal, node, { annotations: claims(rehearsal.clock.now() + at, rehearsal.clock.now() + until) });
    const begun = rehearsal.clock.now();
    expect(await given.retire()).toEqual({ result: 'drained' });
    const deregistered = balancing.deregistered.get(`web ${instance}`) ?? NaN;
    expect(deregistered).toBeGreaterThanOrEqual(begun);
    expect(rehearsal.of('pod.evicted')[0]?.reportedAt).toBeGreaterThanOrEqual(deregistered + 10 * SECOND);
    expect(rehearsal.of('targets.drained')[0]?.reportedAt).toBeGreaterThanOrEqual(deregistered + 60 * SECOND);
    expect(rehearsal.clock.now() - begun).toBeLessThan(10 * MINUTE);
  });

  test('while it waits for the first of those that leave with it, looks itself', async () => {
    await using given = await scene();
    const { rehearsal, balancing, instance, node } = given;
    const [, first = ''] = rehearsal.nodes.toSorted();
    // A node that comes before it, and asks too: its retirement is waited for.
    rehearsal.kubernetes.world.addNode({ name: 'a-first', providerID: 'aws:///us-east-1a/i-0000000000000beef' });
    forge(rehearsal, 'a-first', { labels: { [WITHDRAW_LABEL]: 'asked' }, annotations: signed(rehearsal) });
    expect(first).not.toBe('');
    rehearsal.clock.after(30 * SECOND, () => {
      forge(rehearsal, node, { annotations: claims(rehearsal.clock.now() - SECOND, rehearsal.clock.now()) });
    });
    const begun = rehearsal.clock.now();
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(balancing.deregistered.get(`web ${instance}`)).toBeLessThan(begun + 60 * SECOND);
  });

  test('and that a taint asks for, is taken out too', async () => {
    await using given = await scene();
    const { rehearsal, balancing, instance, node } = given;
    balancing.has(aPool({ drainSeconds: 60 }), 'i-000000000000feed1', 'i-000000000000feed2');
    forge(rehearsal, node, { annotations: claims(rehearsal.clock.now() - MINUTE, rehearsal.clock.now()) });
    const retired = await rehearsal.drive(rehearsal.retireBy(asks(rehearsal), { balancing }));
    expect(retired).toEqual({ result: 'drained' });
    expect(balancing.deregistered.has(`web ${instance}`)).toBe(true);
  });
});

describe('a node that only says that it leaves', () => {
  test('is neither waited for nor taken out of its load balancers, by the label that asks for that', async () => {
    await using given = await scene();
    const { rehearsal, balancing } = given;
    rehearsal.kubernetes.world.addNode({ name: 'a-first', providerID: 'aws:///us-east-1a/i-0000000000000beef' });
    forge(rehearsal, 'a-first', { labels: { [WITHDRAW_LABEL]: 'asked' } });
    const begun = rehearsal.clock.now();
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect((rehearsal.of('targets.deregistered')[0]?.reportedAt ?? NaN) - begun).toBeLessThan(5 * SECOND);
    expect([...balancing.deregistered.keys()]).toEqual([`web ${given.instance}`]);
  });

  test.each<[string, (rehearsal: Rehearsal) => Record<string, string>]>([
    ['without a signature', () => ({})],
    ['with one that cannot be read', () => ({ 'ebb/retirement': '{' })],
    ['since 1970, and until 2999', (rehearsal) => signed(rehearsal, { since: -5e5 * HOUR, deadline: 8e6 * HOUR })],
    ['though its time is over', (rehearsal) => signed(rehearsal, { since: -2 * HOUR, deadline: -HOUR })],
  ])('%s, takes no slot from others', async (_how, annotations) => {
    await using given = await scene();
    const { rehearsal } = given;
    const [, ...others] = rehearsal.nodes;
    for (const other of others)
      forge(rehearsal, other, { labels: { [RETIRING_LABEL]: 'asg-terminate' }, annotations: annotations(rehearsal) });
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.held')).toEqual([]);
  });

  test('since long, is counted before others no longer than it is there, nor past its deadline', async () => {
    await using given = await scene();
    const { rehearsal } = given;
    const [, other = ''] = rehearsal.nodes;
    const annotations = signed(rehearsal, { since: -5e5 * HOUR, deadline: 5 * MINUTE });
    forge(rehearsal, other, { labels: { [RETIRING_LABEL]: 'asg-terminate' }, annotations });
    const begun = rehearsal.clock.now();
    expect(await given.retire()).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.held')).toHaveLength(1);
    expect((rehearsal.of('pod.evicted')[0]?.reportedAt ?? NaN) - begun).toBeLessThan(9 * MINUTE);
  });
});

test('a node that rests for ever is drained when a taint asks for it, and it is told (contract 3.5, 5.4)', async () => {
  await using rehearsal = await Rehearsal.start();
  const { node } = rehearsal.first;
  await rehearsal.ready();
  taint(rehearsal, node);
  const until = rehearsal.clock.now() + 1_000 * HOUR;
  forge(rehearsal, node, { annotations: { [COOL_DOWN_ANNOTATION]: coolDownText({ until, reason: 'let me be' }) } });
  await sweep(rehearsal);
  expect(rehearsal.of('retirement.requested')).toMatchObject([{ node }]);
  expect(rehearsal.of('marks.unreadable')).toMatchObject([
    { node, reason: 'its annotation ebb/rest is not as we write it, and is not acted on' },
  ]);
});

test('a node whose targets cannot be read is restored, put back nowhere, and that is told', async () => {
  await using given = await scene();
  const { rehearsal, balancing, node } = given;
  rehearsal.kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
  balancing.has(aPool({ drainSeconds: 60 }), 'i-000000000000feed1', 'i-000000000000feed2');
  await rehearsal.kubernetes.settle();
  const retired = rehearsal.retireBy(asks(rehearsal), { balancing });
  rehearsal.clock.after(5 * MINUTE, () => {
    forge(rehearsal, node, { annotations: { [TARGETS_ANNOTATION]: '[{"pool":"elsewhere"}]' } });
    taint(rehearsal, node, { on: false });
  });
  expect(await rehearsal.drive(retired)).toMatchObject({ result: 'restored' });
  expect(rehearsal.of('marks.unreadable')).toMatchObject([
    { node, reason: expect.stringContaining('ebb/targets') as string },
  ]);
  expect(balancing.calls.filter((call) => call.startsWith('register'))).toEqual([]);
});
