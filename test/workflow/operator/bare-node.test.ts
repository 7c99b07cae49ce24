/** A node that has no EC2 instance is retired on request: what needs AWS is left out (contract 2.1). */
import { expect, test } from 'vitest';
import type { Outcome } from '../../../lambdas/core/operator/outcome.ts';
import { operate } from '../../../lambdas/workflow/operator/operate.ts';
import type { OperatorPorts } from '../../../lambdas/workflow/operator/operator-ports.ts';
import { marksOf, UNMARKED } from '../node/node-marks.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from '../sweep/sweeping.ts';

const WHO = { by: 'arn:aws:iam::123456789012:user/operator' };
const HYBRID = 'hv-1.example.com';
const YOUNG_MS = 600_000;

/** No retirement runs any more. */
const ENDED = { names: () => Promise.resolve([]) };

/** Three nodes on EC2, and a hybrid one with pods. */
async function scene(providerID = 'eks-hybrid:///eu-central-1/production/mi-0123') {
  const rehearsal = await Rehearsal.start();
  const { kubernetes } = rehearsal;
  kubernetes.world.addNode({ name: HYBRID, providerID });
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'api', replicas: 2, nodes: [HYBRID] });
  await rehearsal.ready();
  return { rehearsal, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

function portsOf(rehearsal: Rehearsal): OperatorPorts {
  const none = () => Promise.reject(new Error('no rotation is asked for'));
  return {
    ...rehearsal.ports,
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

/** Calls to AWS that are about an instance, its group or its load balancers. */
function machineCalls({ aws }: Rehearsal): string[] {
  return aws.requests
    .filter(({ service }) => ['autoscaling', 'ec2', 'elasticloadbalancing', 'tagging'].includes(service))
    .map(({ action }) => action);
}

test('it is isolated and drained, and left to whoever works on it; AWS is asked nothing about a machine', async () => {
  await using given = await scene();
  const { rehearsal } = given;
  expect(await retire(rehearsal, { cluster: 'production', node: HYBRID })).toMatchObject({ kind: 'done' });
  const [[execution, notice] = ['', undefined]] = [...rehearsal.started];
  if (notice === undefined) throw new Error('nothing was started');
  expect(execution).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
  expect(rehearsal.kubernetes.podsOn(HYBRID).filter(({ metadata }) => metadata.name.startsWith('api-'))).toEqual([]);
  expect(rehearsal.types).toContain('instance.left');
  expect(machineCalls(rehearsal)).toEqual([]);
});

test('it stays drained until a person uncordons it; then the sweep takes the other marks off', async () => {
  await using given = await scene();
  const { rehearsal } = given;
  await retire(rehearsal, { node: HYBRID });
  const [notice] = [...rehearsal.started.values()];
  if (notice === undefined) throw new Error('nothing was started');
  await rehearsal.drive(rehearsal.retireBy(notice));
  await sweep(rehearsal, ENDED);
  expect(rehearsal.kubernetes.node(HYBRID)?.spec.unschedulable).toBe(true);
  rehearsal.kubernetes.world.cordon(HYBRID, false);
  await sweep(rehearsal, ENDED);
  expect(marksOf(rehearsal, HYBRID)).toEqual(UNMARKED);
});

test.each([
  ['terminated', { terminate: true }],
  ['detached', { detach: true }],
])('a request that it be %s is refused: it has no instance', async (_, wish) => {
  await using given = await scene();
  const { rehearsal } = given;
  expect(await retire(rehearsal, { node: HYBRID, ...wish })).toMatchObject({
    kind: 'conflict',
    faults: [expect.stringContaining('it has no EC2 instance that could be detached or terminated')],
  });
  expect(rehearsal.started.size).toBe(0);
});

test('a new node without a providerID may still turn out to be an instance: it is retired only once it is old', async () => {
  await using given = await scene('');
  const { rehearsal } = given;
  expect(await retire(rehearsal, { node: HYBRID })).toMatchObject({
    kind: 'conflict',
    faults: [expect.stringContaining('it is new, and its spec.providerID may still come')],
  });
  await rehearsal.clock.advance(YOUNG_MS);
  expect(await retire(rehearsal, { node: HYBRID })).toMatchObject({ kind: 'done' });
});
