/** Retirements that nothing but a taint asks for (contract 1.2, 5.4, 8.2, 9.5), against both peers. */
import { describe, expect, test } from 'vitest';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import { aPool, HOUR, MINUTE, SECOND } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Balancers, LabelledTargets } from '../traffic/balancers.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, Rehearsal } from './rehearsal.ts';
import { asks, DRIFT_DRAIN, PLAIN_KEY, taint } from '../node/tainting.ts';

const UNTOUCHED = { ...UNMARKED, taints: [PLAIN_KEY] };

const web = { namespace: 'shop', name: 'web' };

/** Puts the marks of a retirement on that must go, and has long waited; or takes them off. */
function mark(rehearsal: Rehearsal, node: string, on: boolean): void {
  const ownership = { execution: 'another', kind: 'asg-terminate', cordonedByUs: false, labelledByUs: false };
  const [since, deadline] = [-HOUR, HOUR].map((ms) => new Date(rehearsal.clock.now() + ms).toISOString());
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
    metadata.labels = on ? { [RETIRING_LABEL]: ownership.kind } : {};
    metadata.annotations = on ? { [RETIREMENT_ANNOTATION]: JSON.stringify({ ...ownership, since, deadline }) } : {};
  });
}

/** The first node has pods, and another that must go first takes the only slot. */
async function heldBack() {
  const rehearsal = await Rehearsal.start();
  const [node = '', other = ''] = rehearsal.nodes;
  rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
  await rehearsal.ready();
  mark(rehearsal, other, true);
  return { rehearsal, node, other, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

/** Nobody goes on from here before this many have come. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let come = 0;
  return async () => {
    come += 1;
    if (come === count) resolve(undefined);
    await promise;
  };
}

describe('a node that is tainted to be drained', () => {
  test('is drained, its instance terminated through its group, and our own hook completed at once', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, replicas: 3, nodes: [node] });
    await rehearsal.ready();
    expect(await rehearsal.drive(rehearsal.retireBy(asks(rehearsal)))).toEqual({ result: 'drained' });
    expect(rehearsal.types.filter((type) => type.startsWith('instance.') || type.startsWith('hook.'))).toEqual([
      'instance.terminated',
      'hook.completed',
    ]);
    expect(rehearsal.of('retirement.started')).toMatchObject([{ kind: 'tainted', atDeadline: 'restore' }]);
    expect(rehearsal.of('pod.forced')).toEqual([]);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
    expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  });

  test('needs no second pass: the event of our own hook joins, and touches nothing', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance } = rehearsal.first;
    await rehearsal.ready();
    const notice = asks(rehearsal);
    const ends = rehearsal.drive(rehearsal.retireBy(notice));
    const meets = rehearsal.clock.sleep(0).then(async () => {
      // As soon as the instance is on its way, its event is there.
      for (;;) {
        const event = rehearsal.aws.eventBridge.events.findLast(({ detail }) => detail.LifecycleHookName !== undefined);
        if (event !== undefined) return await rehearsal.retireBy(rehearsal.noticeOf(event));
        await rehearsal.clock.sleep(50);
      }
    });
    const [own, other] = await rehearsal.drive(Promise.all([ends, meets]));
    expect(own).toEqual({ result: 'drained' });
    expect(['joined', 'ignored']).toContain(other.result);
    expect(rehearsal.of('node.isolated')).toHaveLength(1);
    expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
  });

  test('stays, drained, where the settings say leave, and so does its instance', async () => {
    const tainted = { taints: [{ key: 'ektopistis.io/drain', release: 'leave' as const }] };
    await using rehearsal = await Rehearsal.start({ tainted });
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, replicas: 2, nodes: [node] });
    await rehearsal.ready();
    const notice = asks(rehearsal, { key: 'ektopistis.io/drain' });
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
    expect(rehearsal.of('instance.left')).toMatchObject([{ instance, node }]);
    expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
    expect(rehearsal.aws.autoScaling.instanceIds(GROUP)).toContain(instance);
    expect(rehearsal.history(instance, 'completion')).toEqual([]);
    expect(marksOf(rehearsal, node)).toMatchObject({
      cordoned: true,
      retiring: true,
      ownership: { leftDrained: true },
    });
  });

  test('is restored when the taint is taken away before its drain ends, and does not rest', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
    rehearsal.kubernetes.world.addBudget({ ...web, for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    const retired = rehearsal.retireBy(asks(rehearsal));
    const changed = rehearsal.clock.sleep(10 * MINUTE).then(() => {
      taint(rehearsal, node, { on: false });
    });
    const [ended] = await rehearsal.drive(Promise.all([retired, changed]));
    expect(ended).toEqual({ result: 'restored', reason: 'the taint that asked for its drain was taken away' });
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
    expect(rehearsal.history(instance, 'completion')).toEqual([]);
    expect(rehearsal.of('pod.evicted')).toEqual([]);
  });

  test('is not touched when its taint has gone before its retirement begins', async () => {
    await using rehearsal = await Rehearsal.start();
    const { node } = rehearsal.first;
    await rehearsal.ready();
    const notice = asks(rehearsal);
    taint(rehearsal, node, { on: false });
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({
      result: 'restored',
      reason: 'the taint that asked for its drain was taken away',
    });
    expect(rehearsal.of('node.isolated')).toEqual([]);
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
  });

  test('is restored at its deadline, forces nothing, and rests', async () => {
    await using rehearsal = await Rehearsal.start();
    const { node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
    rehearsal.kubernetes.world.addBudget({ ...web, for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    const notice = asks(rehearsal);
    const ended = await rehearsal.drive(rehearsal.retireBy(notice));
    expect(ended).toMatchObject({
      result: 'restored',
      reason: expect.stringContaining('at its deadline it was left with') as string,
    });
    expect(rehearsal.of('pod.forced')).toEqual([]);
    const { coolDown, ...marks } = marksOf(rehearsal, node);
    expect(marks).toEqual({ cordoned: false, taints: [PLAIN_KEY], retiring: false, ownership: undefined });
    expect(coolDown?.until).toBeGreaterThan(notice.at + 25 * HOUR - MINUTE);
    expect(rehearsal.of('retirement.finished')).toMatchObject([{ result: 'restored' }]);
  });

  test('is skipped, and no pod of it evicted, when one of them is protected', async () => {
    await using rehearsal = await Rehearsal.start();
    const { node } = rehearsal.first;
    const { world } = rehearsal.kubernetes;
    world.addDeployment({ ...web, replicas: 2, nodes: [node] });
    world.addDeployment({ namespace: 'shop', name: 'kept', nodes: [node], annotations: { 'ebb/evict': 'never' } });
    await rehearsal.ready();
    const ended = await rehearsal.drive(rehearsal.retireBy(asks(rehearsal)));
    expect(ended.result).toBe('restored');
    expect(ended.reason).toMatch(/^it has pods that are not to be evicted: shop\/kept-.* \(protected by annotation\)$/);
    expect(rehearsal.of('pod.evicted')).toEqual([]);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: false, retiring: false });
    expect(marksOf(rehearsal, node).coolDown?.reason).toBe(ended.reason);
  });

  test.each<[string, (rehearsal: Rehearsal) => Balancers]>([
    [
      'isolated, because a pod is protected',
      ({ first, kubernetes: { world } }) => {
        world.addDeployment({ ...web, nodes: [first.node], annotations: { 'ebb/evict': 'never' } });
        return new Balancers();
      },
    ],
    [
      'untouched, because a target group could not spare it',
      ({ first }) => {
        const balancers = new Balancers();
        balancers.has(aPool(), first.instance, 'i-0000000000000000a');
        balancers.sick.add('i-0000000000000000a');
        return balancers;
      },
    ],
  ])('and rests (%s), takes pods meanwhile, though the drift tainter had let it go', async (_which, furnish) => {
    await using rehearsal = await Rehearsal.start();
    const { node } = rehearsal.first;
    const balancing = furnish(rehearsal);
    await rehearsal.ready();
    const drifted = { key: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drifted', effect: 'PreferNoSchedule' };
    taint(rehearsal, node, drifted);
    const { result } = await rehearsal.drive(rehearsal.retireBy(asks(rehearsal, DRIFT_DRAIN), { balancing }));
    expect(result).toBe('restored');
    const { coolDown, ...marks } = marksOf(rehearsal, node);
    expect(marks).toEqual({ cordoned: false, taints: [drifted.key], retiring: false, ownership: undefined });
    expect(coolDown).toBeDefined();
  });

  test('is put back and rests when its group does not terminate it: it would be drained for ever', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
    await rehearsal.ready();
    const action = 'TerminateInstanceInAutoScalingGroup';
    rehearsal.aws.faults.inject({ kind: 'error', action, error: { code: 'AccessDenied', status: 403 } });
    const retired = rehearsal.drive(rehearsal.retireBy(asks(rehearsal)));
    await expect(retired).rejects.toThrow(/^it is drained, and its group does not terminate it: AccessDenied/);
    expect(rehearsal.of('node.restored')).toHaveLength(1);
    expect(marksOf(rehearsal, node)).toMatchObject({ cordoned: false, ownership: undefined });
    expect(marksOf(rehearsal, node).coolDown?.reason).toContain('does not terminate it');
    expect(rehearsal.instances).toContain(instance);
  });

  test('is not terminated when its taint goes while its volumes and targets are waited for', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    const notice = asks(rehearsal);
    const { run } = rehearsal.ports;
    const retired = rehearsal.retireBy(notice, {
      run: {
        ...run,
        step: (name, work) => {
          if (name === 'detach-until') taint(rehearsal, node, { on: false });
          return run.step(name, work);
        },
      },
    });
    expect(await rehearsal.drive(retired)).toMatchObject({ result: 'restored' });
    expect(rehearsal.of('node.drained')).toHaveLength(1);
    expect(rehearsal.of('instance.terminated')).toEqual([]);
    expect(rehearsal.instances).toContain(instance);
    expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
  });

  test('is never restored once a hook has taken charge of it', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, nodes: [node] });
    rehearsal.kubernetes.world.addBudget({ ...web, for: 'web', maxUnavailable: 0 });
    await rehearsal.ready();
    const voluntary = rehearsal.retireBy(asks(rehearsal));
    const held = rehearsal.clock
      .sleep(5 * MINUTE)
      .then(() => rehearsal.retireBy(rehearsal.noticeOf(rehearsal.terminate(instance))));
    const [ended, done] = await rehearsal.drive(Promise.all([voluntary, held]));
    expect(ended.result).toBe('superseded');
    expect(done).toEqual({ result: 'forced' });
    expect(rehearsal.of('node.restored')).toEqual([]);
    expect(marksOf(rehearsal, node).cordoned).toBe(true);
  });

  test('waits, untouched, while a target group could not spare it', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    const balancers = new Balancers();
    balancers.has(aPool(), instance, 'i-0000000000000000a');
    balancers.sick.add('i-0000000000000000a');
    const retired = rehearsal.retireBy(asks(rehearsal), { balancing: balancers });
    const looked = rehearsal.clock.sleep(10 * MINUTE).then(() => {
      const before = marksOf(rehearsal, node);
      balancers.sick.clear();
      return before;
    });
    const [ended, before] = await rehearsal.drive(Promise.all([retired, looked]));
    expect(before).toEqual(UNTOUCHED);
    expect(ended).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.suspended')[0]?.waitingFor).toEqual([
      'web (0 of 2 targets would be healthy without it)',
    ]);
  });

  test('goes alone when another begins at once, and their target group can spare one', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    const balancers = new Balancers();
    balancers.has(aPool(), ...rehearsal.instances);
    const [one = '', two = ''] = rehearsal.instances;
    const together = meeting(2);
    const ended = await rehearsal.drive(
      Promise.all(
        [one, two].map((instance) =>
          rehearsal.retireBy(asks(rehearsal, { instance }), {
            balancing: balancers,
            run: {
              ...rehearsal.ports.run,
              step: async (name, work) => {
                if (name === 'isolate') await together();
                return rehearsal.ports.run.step(name, work);
              },
            },
          }),
        ),
      ),
    );
    const at = ended.findIndex(({ result }) => result === 'restored');
    expect(ended.map(({ result }) => result).toSorted()).toEqual(['drained', 'restored']);
    expect(ended[at]?.reason).toBe('others go before it: web (1 of 3 targets would be healthy without it)');
    expect(marksOf(rehearsal, rehearsal.nodeOf([one, two][at] ?? ''))).toEqual(UNTOUCHED);
  });

  test('waits for the targets of one that gave way, which a controller had taken out by their label', async () => {
    await using rehearsal = await Rehearsal.start();
    await rehearsal.ready();
    const [one = '', two = ''] = rehearsal.instances;
    const together = meeting(2);
    const step: DurableRun['step'] = async (name, work) => {
      if (name === 'give-way') await together();
      return rehearsal.ports.run.step(name, work);
    };
    const ports = { balancing: new LabelledTargets(rehearsal), run: { ...rehearsal.ports.run, step } };
    const ended = await rehearsal.drive(
      Promise.all([one, two].map((instance) => rehearsal.retireBy(asks(rehearsal, { instance }), ports))),
    );
    expect(ended.map(({ result }) => result).toSorted()).toEqual(['drained', 'restored']);
  });

  test('drains in the slot that comes free in the second half of its time, and not before', async () => {
    await using given = await heldBack();
    const { rehearsal, other } = given;
    const began = rehearsal.clock.now();
    const retired = rehearsal.retireBy(asks(rehearsal));
    const freed = rehearsal.clock.sleep(45 * MINUTE).then(() => {
      mark(rehearsal, other, false);
    });
    const [ended] = await rehearsal.drive(Promise.all([retired, freed]));
    expect(ended).toEqual({ result: 'drained' });
    expect(rehearsal.of('retirement.held')).toMatchObject([{ breaker: true }]);
    const [evicted] = rehearsal.of('pod.evicted');
    expect((evicted?.reportedAt ?? 0) - began).toBeGreaterThanOrEqual(45 * MINUTE);
  });

  test('begins no drain minutes before its deadline', async () => {
    await using given = await heldBack();
    const { rehearsal, other } = given;
    const retired = rehearsal.retireBy(asks(rehearsal));
    const freed = rehearsal.clock.sleep(58 * MINUTE).then(() => {
      mark(rehearsal, other, false);
    });
    const [ended] = await rehearsal.drive(Promise.all([retired, freed]));
    expect(ended.result).toBe('restored');
    expect(rehearsal.of('pod.evicted')).toEqual([]);
  });

  test('is put back and rests, nothing of it drained, when no slot comes free in time', async () => {
    await using given = await heldBack();
    const { rehearsal, node } = given;
    const began = rehearsal.clock.now();
    const ended = await rehearsal.drive(rehearsal.retireBy(asks(rehearsal)));
    expect(ended).toEqual({
      result: 'restored',
      reason: 'it was held back: 2 of 3 nodes are leaving, and at most 20 % (1) may drain at once',
    });
    expect(rehearsal.clock.now() - began).toBeGreaterThanOrEqual(55 * MINUTE);
    expect(rehearsal.of('pod.evicted')).toEqual([]);
    expect(marksOf(rehearsal, node)).toMatchObject({
      cordoned: false,
      retiring: false,
      coolDown: { reason: ended.reason },
    });
  });

  test('on a machine that is no longer in service is left alone', async () => {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    const notice = asks(rehearsal);
    rehearsal.letGo(instance);
    await rehearsal.drive(rehearsal.clock.sleep(SECOND));
    expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({
      result: 'ignored',
      reason: 'the instance is Terminating:Wait',
    });
    expect(marksOf(rehearsal, node)).toEqual(UNTOUCHED);
  });
});
