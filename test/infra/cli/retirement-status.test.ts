/** What the retirement of a node is doing now, read from its durable execution's own history. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runningStatuses } from '../../../infra/cli/functions/running-retirements.ts';
import { terminate } from '../../driving/termination.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { MINUTE } from '../../given.ts';
import { Installation } from '../../installation.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

test('says what it does, since when, what holds it and until when; and of one that has ended nothing', async () => {
  const configuration = { clusters: [{ name: 'shop', groups: [{ name: 'workers' }], maxLeaving: '100%' }] };
  const installation = await Installation.start({ configuration, nodes: 2 });
  try {
    const { aws, kubernetes, clock } = installation;
    const [instance = '', other = ''] = aws.autoScaling.instanceIds('workers');
    const node = installation.nodeOf(instance);
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
    await kubernetes.settle();
    const began = clock.now();
    await terminate(installation, other);
    await terminate(installation, instance);
    await driveUntil(installation, () => clock.now() > began + 20 * MINUTE && aws.lambda.invocations.idle);

    const client = new LambdaClient(aws.clientConfig());
    const name = installation.functionNamed('NodeRetirement');
    const [status, ...others] = await runningStatuses(client, name);
    expect(others).toEqual([]);
    expect(status).toMatchObject({ cluster: 'shop', group: 'workers', node, stage: 'drain', paused: false });
    expect(status?.waitingFor.toSorted()).toEqual([
      expect.stringMatching(/^shop\/web-/),
      expect.stringMatching(/^shop\/web-/),
    ]);
    expect(status?.heldBy).toEqual([{ by: 'budget shop/web, never', pods: 2 }]);
    if (status === undefined) throw new Error('no retirement runs');
    const { startedAt, stageSince, deadline = NaN, suspendedUntil = NaN } = status;
    expect(startedAt).toBeGreaterThanOrEqual(began - 1_000);
    expect(stageSince).toBeGreaterThanOrEqual(startedAt);
    expect(stageSince).toBeLessThan(startedAt + MINUTE);
    // Its first step takes its time before it reads the clock.
    expect(Math.abs(deadline - startedAt - 60 * MINUTE)).toBeLessThan(5_000);
    expect(suspendedUntil).toBeGreaterThan(clock.now() - 1_000);
    expect(suspendedUntil).toBeLessThanOrEqual(clock.now() + 3 * MINUTE);

    // Somebody has paused it, as the console lets one.
    for (const execution of aws.lambda.executions) execution.pause();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['infra/cli/ebb.js', 'retirements', '--function', name, '--node', node, '--json'],
      { cwd: PROJECT, env: { ...process.env, ...aws.environment() } },
    );
    expect(JSON.parse(stdout)).toEqual({ ...status, paused: true });
  } finally {
    await installation.stop();
  }
}, 60_000);
