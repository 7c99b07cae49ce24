/** Instances that a rotation has detached and whose retirement has died, found by the sweep (contract 10.3). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { capacity } from '../../../lambdas/adapters/auto-scaling/capacity.ts';
import { detachedInstances } from '../../../lambdas/adapters/ec2/detached-instances.ts';
import { DETACHED_FROM_TAG, ROTATION_TAG } from '../../../lambdas/core/aws/installation.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { COOL_DOWN_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import { executionName, type RequestedNotice } from '../../../lambdas/core/notice/notice.ts';
import type { RetirementTerms } from '../../../lambdas/core/notice/retirement-terms.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import { aSigned, HOUR } from '../../given.ts';
import { Machines } from '../../machines.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from './sweeping.ts';

test('one whose retirement has died is drained and terminated, and its group stays as it is', async () => {
  await using rehearsal = await scene();
  const { aws, kubernetes, first } = rehearsal;
  const dead = await dieDetached(rehearsal);
  expect(rehearsal.node(first.node).metadata.labels).toHaveProperty(RETIRING_LABEL);
  await sweep(rehearsal);
  const [[name, notice] = []] = rehearsal.started;
  expect(name).not.toBe(dead);
  expect(rehearsal.of('retirement.requested')).toMatchObject([
    { execution: name, instance: first.instance, group: GROUP, foundBy: 'sweep', node: first.node },
  ]);
  // What a retirement has in hand keeps its marks.
  expect(rehearsal.of('node.restored')).toEqual([]);
  if (notice === undefined) throw new Error('nothing was started');
  expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
  expect(aws.instances.get(first.instance).state).toBe('terminated');
  expect(aws.autoScaling.group(GROUP).desired).toBe(3);
  expect(rehearsal.instances).toHaveLength(3);
  expect(kubernetes.availability.report().violations).toEqual([]);
});

test('a second sweep starts nothing while the retirement runs', async () => {
  await using rehearsal = await scene();
  await dieDetached(rehearsal);
  await sweep(rehearsal);
  await sweep(rehearsal);
  expect(rehearsal.started.size).toBe(1);
});

describe('left alone is one', () => {
  test('that a group has again', async () => {
    await using rehearsal = await scene();
    const { instance } = await detach(rehearsal, { [ROTATION_TAG]: 'r1', [DETACHED_FROM_TAG]: GROUP });
    rehearsal.aws.autoScaling.group(GROUP).max = 4;
    await rehearsal.drive(ports(rehearsal).capacity.attach({ group: GROUP, instance }));
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(0);
  });

  test.each([
    ['that a person detached', {}],
    ['that one request alone detached', { [DETACHED_FROM_TAG]: GROUP }],
    ['of a group that is not enrolled', { [ROTATION_TAG]: 'r1', [DETACHED_FROM_TAG]: 'theirs' }],
    ['that does not say where it comes from', { [ROTATION_TAG]: 'r1' }],
  ])('%s', async (_, tags) => {
    await using rehearsal = await scene();
    await detach(rehearsal, tags);
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(0);
  });

  test('that cools down, until it does no more', async () => {
    await using rehearsal = await scene();
    const { node } = await detach(rehearsal, { [ROTATION_TAG]: 'r1', [DETACHED_FROM_TAG]: GROUP });
    const coolDown = { until: rehearsal.clock.now() + HOUR / 2, reason: 'it could not be drained' };
    annotate(rehearsal, node, { [COOL_DOWN_ANNOTATION]: coolDownText(coolDown) });
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(0);
    await rehearsal.clock.advance(HOUR / 2);
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(1);
  });

  test('that was drained, and is to stay', async () => {
    await using rehearsal = await scene();
    const { node, instance } = await detach(rehearsal, { [ROTATION_TAG]: 'r1', [DETACHED_FROM_TAG]: GROUP });
    const { clock } = rehearsal;
    const times = { since: new Date(clock.now()).toISOString(), deadline: new Date(clock.now() + HOUR).toISOString() };
    const execution = executionName(request(rehearsal, instance), rehearsal.ports.home);
    annotate(rehearsal, node, aSigned({ ...times, execution, kind: 'request', group: GROUP, leftDrained: true }));
    label(rehearsal, node, RETIRING_LABEL, 'request');
    await sweep(rehearsal);
    expect(rehearsal.started.size).toBe(0);
  });
});

/** A group whose instances boot as nodes, and a workload with a budget. */
async function scene(): Promise<Rehearsal> {
  const rehearsal = await Rehearsal.start();
  const { aws, kubernetes } = rehearsal;
  const machines = new Machines({ aws, kubernetes });
  for (const instance of rehearsal.instances) machines.nodes.set(instance, rehearsal.nodeOf(instance));
  machines.follow({ seconds: 60 });
  kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3 });
  kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  await rehearsal.ready();
  return rehearsal;
}

function ports({ aws }: Rehearsal) {
  const client = aws.clientConfig();
  return { capacity: capacity(new AutoScalingClient(client)), instances: detachedInstances(new EC2Client(client)) };
}

function request({ aws, clock }: Rehearsal, instance: string, terms: Partial<RetirementTerms> = {}): RequestedNotice {
  const { accountId: account, region } = aws.account;
  return {
    kind: 'request',
    account,
    region,
    instance,
    group: GROUP,
    cluster: 'production',
    at: clock.now(),
    terms: {
      detach: true,
      release: 'terminate',
      force: false,
      timeoutSeconds: 3_600,
      pauseBetweenEvictionsSeconds: 0,
      batch: { rotation: 'r1', order: [instance], pauseSeconds: 0 },
      ...terms,
    },
  };
}

/** Retires the first node until its replacement is Ready; then no step of the run is ever done again. @returns its name */
async function dieDetached(rehearsal: Rehearsal): Promise<string> {
  const notice = request(rehearsal, rehearsal.first.instance);
  const { run } = rehearsal.ports;
  const killed: DurableRun = {
    ...run,
    step: (name, work) =>
      rehearsal.types.includes('replacement.ready') ? Promise.reject(new Error('killed')) : run.step(name, work),
  };
  await expect(rehearsal.drive(rehearsal.retireBy(notice, { run: killed }))).rejects.toThrow('killed');
  return executionName(notice, rehearsal.ports.home);
}

/** Detaches the first instance with these tags; its replacement comes. */
async function detach(rehearsal: Rehearsal, tags: Record<string, string>): Promise<{ instance: string; node: string }> {
  const { first } = rehearsal;
  const { capacity: groups, instances } = ports(rehearsal);
  await rehearsal.drive(instances.tag(first.instance, { 'kubernetes.io/cluster/production': 'owned', ...tags }));
  await rehearsal.drive(groups.detach({ group: GROUP, instance: first.instance }));
  await rehearsal.drive(rehearsal.clock.sleep(120_000));
  return first;
}

function annotate(rehearsal: Rehearsal, node: string, annotations: Record<string, string>): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, ...annotations };
  });
}

function label(rehearsal: Rehearsal, node: string, key: string, value: string): void {
  rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, [key]: value };
  });
}
