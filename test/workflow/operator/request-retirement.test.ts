/** A node's retirement that is asked for, from the request to its end, against both peers (contract 10.4). */
import { expect, test } from 'vitest';
import type { Outcome } from '../../../lambdas/core/operator/outcome.ts';
import { operate } from '../../../lambdas/workflow/operator/operate.ts';
import type { OperatorPorts } from '../../../lambdas/workflow/operator/operator-ports.ts';
import { Machines } from '../../machines.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { GROUP, Rehearsal, type RehearsalPlan } from '../retirement/rehearsal.ts';

const WHO = { by: 'arn:aws:iam::123456789012:user/operator' };

/** Three nodes with pods, and an operator. Retirements that it starts are kept until they are run. */
async function scene(plan: RehearsalPlan = {}) {
  const rehearsal = await Rehearsal.start(plan);
  const { kubernetes, first } = rehearsal;
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [first.node] });
  await rehearsal.ready();
  return { rehearsal, ...first, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

function portsOf(rehearsal: Rehearsal): OperatorPorts {
  const none = () => Promise.reject(new Error('no rotation is asked for'));
  return {
    ...rehearsal.ports,
    // With the rights of the sweep's Kubernetes group, which reads and cannot evict.
    clusters: rehearsal.fleets,
    groups: { enrolled: none },
    rotations: { start: none },
    rotationHistory: { last: none, find: none },
    controls: { wanted: none, want: none },
    running: { names: () => Promise.resolve([...rehearsal.running]) },
    retirementHistory: { ended: () => Promise.resolve([]) },
    results: { resultOf: () => Promise.resolve(undefined) },
  };
}

function retire(rehearsal: Rehearsal, request: object): Promise<Outcome> {
  return rehearsal.drive(operate({ action: 'retire', request }, WHO, portsOf(rehearsal)));
}

test('a node that is asked for is drained and its instance terminated', async () => {
  await using given = await scene();
  const { rehearsal, instance, node } = given;
  const machines = new Machines({ aws: rehearsal.aws, kubernetes: rehearsal.kubernetes });
  machines.follow({ seconds: 60 });
  const outcome = await retire(rehearsal, { cluster: 'production', node, terminate: true });
  const [[execution, notice] = ['', undefined]] = [...rehearsal.started];
  const answer = { execution, node, instance, cluster: 'production', group: GROUP, already: false };
  expect(outcome).toEqual({ kind: 'done', answer });
  if (notice === undefined) throw new Error('nothing was started');
  expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
});

test('a node may be named by its instance', async () => {
  await using given = await scene();
  const { rehearsal, instance, node } = given;
  expect(await retire(rehearsal, { instance })).toMatchObject({ kind: 'done', answer: { instance, node } });
});

test('a node that an earlier request has in hand is answered with its execution', async () => {
  await using given = await scene();
  const { rehearsal, node } = given;
  await retire(rehearsal, { node });
  const [execution = ''] = [...rehearsal.started.keys()];
  rehearsal.running.add(execution);
  expect(await retire(rehearsal, { node, terminate: true })).toMatchObject({ answer: { execution, already: true } });
  expect(rehearsal.started.size).toBe(1);
});

test('a node of a group that is not enrolled is drained where nothing is asked of the group, and else is not', async () => {
  await using given = await scene({ enrolled: false });
  const { rehearsal, node } = given;
  expect(await retire(rehearsal, { node, terminate: true })).toEqual({
    kind: 'conflict',
    faults: [expect.stringMatching(/^node: .* is not retired: group workers is not enrolled: name it/)],
  });
  expect(rehearsal.started.size).toBe(0);
  expect(await retire(rehearsal, { node })).toMatchObject({ kind: 'done' });
  expect(rehearsal.types).not.toContain('node.isolated');
});

test('a node that leaves already, or that nobody has, is refused and left as it is', async () => {
  await using given = await scene();
  const { rehearsal, instance, node } = given;
  rehearsal.letGo(instance);
  expect(await retire(rehearsal, { node })).toMatchObject({
    kind: 'conflict',
    faults: [expect.stringContaining('the instance is Terminating')],
  });
  expect(await retire(rehearsal, { node: 'n2' })).toEqual({
    kind: 'unknown',
    faults: ['node: there is no n2 in production: it has gone, or was never there'],
  });
  expect(marksOf(rehearsal, node)).toEqual(UNMARKED);
});

test('its status tells the retirement, and that it is left drained', async () => {
  await using given = await scene();
  const { rehearsal, node } = given;
  await retire(rehearsal, { node });
  const [[execution, notice] = ['', undefined]] = [...rehearsal.started];
  if (notice === undefined) throw new Error('nothing was started');
  await rehearsal.drive(rehearsal.retireBy(notice));
  const status = await rehearsal.drive(operate({ action: 'node', node }, WHO, portsOf(rehearsal)));
  expect(status).toMatchObject({
    kind: 'done',
    answer: { group: GROUP, unschedulable: true, retirement: { execution, running: false, leftDrained: true } },
  });
});
