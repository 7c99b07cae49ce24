/** What AWS refuses for its size, in AWS's words (contract 14.1). */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParametersByPathCommand, PutParameterCommand, SSMClient, type ParameterTier } from '@aws-sdk/client-ssm';
import { App, CfnWaitConditionHandle, Stack, aws_iam as iam } from 'aws-cdk-lib';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { bundle } from '../bundling.ts';
import { deployTemplate } from './deploy.ts';
import { covers, readPolicy } from '../iam/policy.ts';
import { AwsPeer } from '../peer.ts';

/** Two steps, each with a result of so many bytes. */
const CODE = `
  import { withDurableExecution } from '@aws/durable-execution-sdk-js';
  export const handler = withDurableExecution(async ({ bytes }, context) => {
    await context.step('first', async () => 'x'.repeat(bytes - 2));
    await context.step('second', async () => 'x'.repeat(bytes - 2));
  });
`;

/** The CDK's own check, which would come before the peer's. */
const RESOURCE_LIMIT = '@aws-cdk/core:stackResourceLimit';

/** Characters of a policy around its action. */
const AROUND = 61;

let directory: string;
let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'aws-peer-quotas-'));
  await bundle(CODE, join(directory, 'index.mjs'));
  const clock = new DrivenClock();
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
  uninstall();
  rmSync(directory, { recursive: true, force: true });
});

describe('a durable execution', () => {
  const client = (): LambdaClient => new LambdaClient({ ...peer.clientConfig(), maxAttempts: 1 });

  async function run(bytes: number) {
    const durable = { executionTimeout: 86_400 };
    peer.lambda.addFunction({ name: 'durable', directory, alias: 'live', timeout: 60, durable });
    const input = { FunctionName: 'durable', Qualifier: 'live', InvocationType: 'Event' as const };
    await client().send(new InvokeCommand({ ...input, Payload: JSON.stringify({ bytes }) }));
    const [execution] = peer.lambda.executions;
    if (execution === undefined) throw new Error('nothing runs');
    await peer.driveUntil(execution.ended);
    return execution;
  }

  test('keeps 262,144 bytes of each step', async () => {
    expect(await run(262_144)).toMatchObject({ status: 'SUCCEEDED', storedBytes: 2 * 262_144 + 16 });
  });

  test('fails of a step whose result has 262,145 bytes', async () => {
    expect(await run(262_145)).toMatchObject({
      status: 'FAILED',
      error: {
        ErrorMessage: expect.stringContaining(
          'STEP output payload size must be less than or equal to 262144 bytes',
        ) as string,
      },
    });
  });

  test('keeps 100 MB in all, and fails of more', async () => {
    expect(peer.lambda.durable.storageLimit).toBe(104_857_600);
    peer.lambda.durable.storageLimit = 1_000;
    const execution = await run(600);
    expect(execution).toMatchObject({ status: 'FAILED', error: { ErrorType: 'InvalidParameterValueException' } });
    expect(execution.storedBytes).toBeLessThan(1_000);
  });

  test('takes no asynchronous payload of more than 1 MB', async () => {
    await expect(run(0).catch(() => undefined)).resolves.toBeDefined();
    const Payload = JSON.stringify({ text: 'x'.repeat(1_048_576) });
    const asked = { FunctionName: 'durable', Qualifier: 'live', InvocationType: 'Event' as const, Payload };
    await expect(client().send(new InvokeCommand(asked))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
  });
});

describe('a deployment', () => {
  /** A role with so many characters in its own policy, and managed policies of so many each. */
  function deploy({ own, managed = [], resources = 0 }: { own: number; managed?: number[]; resources?: number }): void {
    const app = new App({
      outdir: directory,
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
      context: { [RESOURCE_LIMIT]: 0 },
    });
    const stack = new Stack(app, 'Sizes');
    const role = new iam.CfnRole(stack, 'Role', { assumeRolePolicyDocument: { Statement: [] } });
    const document = (length: number) => ({
      Statement: [{ Effect: 'Allow', Action: 'x'.repeat(length - AROUND), Resource: '*' }],
    });
    new iam.CfnPolicy(stack, 'Own', { policyName: 'own', policyDocument: document(own), roles: [role.ref] });
    for (const [index, length] of managed.entries()) {
      new iam.CfnManagedPolicy(stack, `Managed${index}`, { policyDocument: document(length), roles: [role.ref] });
    }
    for (let count = 0; count < resources; count += 1) new CfnWaitConditionHandle(stack, `Nothing${count}`);
    app.synth();
    deployTemplate(peer, directory);
  }

  test.each<[string, Parameters<typeof deploy>[0], string]>([
    ['a role whose own policy is too long', { own: 10_241 }, 'Maximum policy size of 10240 bytes exceeded for role'],
    ['a managed policy that is too long', { own: 100, managed: [6_145] }, 'Cannot exceed quota for PolicySize: 6144'],
    [
      'more than ten managed policies on a role',
      { own: 100, managed: Array.from({ length: 11 }, () => 100) },
      'Cannot exceed quota for PoliciesPerRole: 10',
    ],
    [
      'more than 500 resources',
      { own: 100, resources: 499 },
      'Template format error: Number of resources, 501, is greater than maximum allowed, 500',
    ],
  ])('of %s is refused', (_what, given, words) => {
    expect(() => {
      deploy(given);
    }).toThrow(words);
  });

  test('of as much as there may be is made', () => {
    deploy({ own: 10_240, managed: Array.from({ length: 10 }, () => 6_144), resources: 488 });
  });
});

describe('a policy', () => {
  const allows = (Resource: string, resource: string): boolean => {
    const [statement] = readPolicy({ Statement: { Effect: 'Allow', Action: 'autoscaling:X', Resource } });
    return statement !== undefined && covers(statement, { action: 'autoscaling:X', resource, context: {} });
  };

  test.each([
    ['blue*', 'blue-green', true],
    ['blue${*}', 'blue*', true],
    ['blue${*}', 'blue-green', false],
    ['blue${?}', 'blue1', false],
    ['${$}{env}', '${env}', true],
    ['${env}', '${env}', false],
    ['${env}', 'env', false],
  ])('on %s, asked for %s: %s', (pattern, resource, allowed) => {
    expect(allows(pattern, resource)).toBe(allowed);
  });
});

describe('the list of the parameters under a path', () => {
  test.each([
    [['parameter/ebb/clusters/*'], false],
    [['parameter/ebb/clusters'], false],
    [['parameter/ebb/clusters', 'parameter/ebb/clusters/*'], true],
  ])('is allowed on %j: %s', async (paths, allowed) => {
    const roleArn = 'arn:aws:iam::123456789012:role/lister';
    const Resource = paths.map((path) => `arn:aws:ssm:eu-central-1:123456789012:${path}`);
    const Statement = [{ Effect: 'Allow', Action: 'ssm:GetParametersByPath', Resource }];
    peer.authorization.addRole(roleArn, { policies: [{ Statement }] });
    const { credentials } = peer.lambda.addFunction({ name: 'lister', directory, roleArn });
    const client = new SSMClient({ ...peer.clientConfig(credentials), maxAttempts: 1 });
    const listed = client.send(new GetParametersByPathCommand({ Path: '/ebb/clusters/' }));
    const refusal = await listed.then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.name : error),
    );
    expect(refusal).toBe(allowed ? undefined : 'AccessDeniedException');
  });
});

describe('a parameter', () => {
  const put = (length: number, Tier?: ParameterTier) =>
    new SSMClient({ ...peer.clientConfig(), maxAttempts: 1 }).send(
      new PutParameterCommand({ Name: '/ebb/clusters/blue', Value: 'x'.repeat(length), Type: 'String', Tier }),
    );

  test.each<[ParameterTier | undefined, number]>([
    [undefined, 4_096],
    ['Standard', 4_096],
    ['Advanced', 8_192],
  ])('of tier %s holds %i characters, and not one more', async (tier, longest) => {
    await expect(put(longest + 1, tier)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(`support a maximum parameter value of ${longest} characters.`) as string,
    });
    await expect(put(longest, tier)).resolves.toMatchObject({ Tier: tier ?? 'Standard' });
  });
});
