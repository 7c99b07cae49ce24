/** Rotations as Lambda keeps them, and what their users want of them as SSM does (contract 10.3). */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rotationControls } from '../../../lambdas/adapters/aws/rotation-controls.ts';
import { rotationHistory, rotations } from '../../../lambdas/adapters/lambda/rotations.ts';
import { rotationName, type RotationOrder } from '../../../lambdas/core/rotation/rotation-order.ts';
import { rotationRequestSchema } from '../../../lambdas/core/rotation/rotation-request.ts';
import { orderRotation } from '../../../lambdas/workflow/rotation/order-rotation.ts';
import { AwsGiven } from '../aws/given.ts';

const HOME = { account: '123456789012', region: 'eu-central-1' };
const PROGRESS = { groups: [] };

/** The least that is a durable function: it ends with the result that its request names. */
const HANDLER = `export const handler = async ({ InitialExecutionState: { Operations: [{ ExecutionDetails }] } }) => {
  const { request } = JSON.parse(ExecutionDetails.InputPayload);
  if (request?.groups?.[0] === 'forever') await new Promise(() => setInterval(() => undefined, 1_000));
  const result = { result: request?.groups?.[0] ?? 'done', progress: ${JSON.stringify(PROGRESS)} };
  return { Status: 'SUCCEEDED', Result: JSON.stringify(result) };
};`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ebb-rotation-'));
  writeFileSync(join(directory, 'index.mjs'), HANDLER);
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function orderOf(request: object = {}, more: Partial<RotationOrder> = {}): RotationOrder {
  const whole = rotationRequestSchema.parse({ cluster: 'production', ...request });
  return { id: 'r1', since: 1_000, at: 1_000, part: 1, request: whole, ...more };
}

async function given() {
  const base = await AwsGiven.start();
  const fn = base.aws.lambda.addFunction({
    name: 'rotation',
    directory,
    durable: { executionTimeout: 3_600, retentionPeriodInDays: 1 },
    alias: 'live',
  });
  const client = new LambdaClient(base.aws.clientConfig());
  const port = rotations(client, `${fn.arn}:live`);
  const run = async (order: RotationOrder): Promise<void> => {
    await port.start(rotationName(order, HOME), order);
    await base.aws.driveUntil(() => base.aws.lambda.executions.every(({ status }) => status !== 'RUNNING'));
  };
  return {
    aws: base.aws,
    run,
    begin: (order: RotationOrder) => port.start(rotationName(order, HOME), order),
    history: rotationHistory(client, 'rotation', HOME),
    controls: rotationControls(new SSMClient(base.aws.clientConfig()), '/ebb/rotations/'),
    [Symbol.asyncDispose]: () => base[Symbol.asyncDispose](),
  };
}

describe('the history of a cluster’s rotations', () => {
  test('has what the last was asked for, and what it came to', async () => {
    await using all = await given();
    const { run, history } = all;
    expect(await history.last('production')).toBeUndefined();
    await run(orderOf());
    await run(orderOf({ cluster: 'staging' }, { id: 'r2', at: 2_000 }));
    expect(await history.last('production')).toMatchObject({
      order: orderOf(),
      isRunning: false,
      result: 'done',
      progress: PROGRESS,
    });
    expect(await history.find('r2')).toMatchObject({ order: { request: { cluster: 'staging' } } });
    expect(await history.find('r3')).toBeUndefined();
  });
});

describe('the rotations of a cluster that run', () => {
  test('are those that have not ended, without dry runs and those of other clusters', async () => {
    await using all = await given();
    const { run, begin, history } = all;
    await run(orderOf());
    const forever = { groups: ['forever'] };
    await begin(orderOf(forever, { id: 'r2' }));
    await begin(orderOf({ ...forever, dryRun: true }, { id: 'r3' }));
    await begin(orderOf({ ...forever, cluster: 'staging' }, { id: 'r4' }));
    expect((await history.running('production')).map(({ order }) => order.id)).toEqual(['r2']);
  });

  test('are no part of the history once they were refused: they have begun nothing', async () => {
    await using all = await given();
    const { run, history } = all;
    await run(orderOf({ groups: ['failed'] }));
    await run(orderOf({ groups: ['refused'] }, { id: 'r2', at: 2_000 }));
    expect(await history.last('production')).toMatchObject({ order: { id: 'r1' }, result: 'failed' });
  });
});

describe('an order', () => {
  const request = (more: object = {}) => rotationRequestSchema.parse({ cluster: 'production', ...more });

  test.each(['failed', 'stopped'])('of the request of a rotation that %s goes on from it', async (result) => {
    await using all = await given();
    const { run, history } = all;
    await run(orderOf({ groups: [result] }));
    const made = await orderRotation(request({ groups: [result] }), { history });
    expect(made).toMatchObject({ order: { id: 'r1', since: 1_000 } });
  });

  test('of another request, or of one that is done, begins anew', async () => {
    await using all = await given();
    const { run, history } = all;
    await run(orderOf({ groups: ['failed'] }));
    const other = await orderRotation(request({ groups: ['failed'], maxSurge: 2 }), { history });
    expect(other).not.toMatchObject({ order: { since: 1_000 } });
    await run(orderOf({}, { id: 'r2', at: Date.now() }));
    expect(await orderRotation(request(), { history })).not.toMatchObject({ order: { since: 1_000 } });
  });
});

describe('what a user wants of a rotation', () => {
  test('is that it goes, until something else is said, and again when that is taken back', async () => {
    await using all = await given();
    const { aws, controls } = all;
    const during = <Outcome>(goal: Promise<Outcome>): Promise<Outcome> => aws.driveUntil(goal);
    expect(await during(controls.wanted('r1'))).toBe('go');
    await during(controls.want('r1', 'pause'));
    expect(await during(controls.wanted('r1'))).toBe('pause');
    await during(controls.want('r1', 'stop'));
    expect(await during(controls.wanted('r1'))).toBe('stop');
    expect(await during(controls.wanted('r2'))).toBe('go');
    await during(controls.want('r1', 'go'));
    await during(controls.want('r1', 'go'));
    expect(await during(controls.wanted('r1'))).toBe('go');
  });
});
