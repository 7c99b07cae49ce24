import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  CfnOutput,
  Duration,
  Stack,
  aws_autoscaling as autoscaling,
  aws_eks as eks,
  aws_events as events,
  aws_events_targets as targets,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_sqs as sqs,
  aws_ssm as ssm,
} from 'aws-cdk-lib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { bundle } from '../bundling.ts';
import { deployTemplate } from './deploy.ts';
import { AwsPeer } from '../peer.ts';

/** Completes the hook of the event, and says what AWS refused. */
const CODE = `
  import { AutoScalingClient, CompleteLifecycleActionCommand, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
  import { EC2Client, DescribeInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
  import { SSMClient, GetParameterCommand } from '@aws-sdk/client-ssm';
  import { withDurableExecution } from '@aws/durable-execution-sdk-js';
  const refusal = (promise) => promise.then(() => 'allowed', (error) => error.name + ': ' + error.message);
  export const handler = withDurableExecution(async (event, context) => {
    if (event.bad) throw new Error('bad event');
    const { AutoScalingGroupName, LifecycleHookName, EC2InstanceId: InstanceId } = event.detail;
    await context.wait('drain', { seconds: 120 });
    return context.step('complete', async () => {
      const group = new AutoScalingClient({ maxAttempts: 1 });
      const ec2 = new EC2Client({ maxAttempts: 1 });
      const ssm = new SSMClient({ maxAttempts: 1 });
      return {
        complete: await refusal(group.send(new CompleteLifecycleActionCommand({ AutoScalingGroupName, LifecycleHookName, InstanceId, LifecycleActionResult: 'CONTINUE' }))),
        scale: await refusal(group.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 0 }))),
        describe: await refusal(ec2.send(new DescribeInstancesCommand({}))),
        terminate: await refusal(ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }))),
        parameter: await refusal(ssm.send(new GetParameterCommand({ Name: process.env.PARAMETER }))),
        other: await refusal(ssm.send(new GetParameterCommand({ Name: '/other' }))),
      };
    });
  });
`;

let folder: string;
let assembly: string;
let clock: DrivenClock;
let peer: AwsPeer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aws-peer-cdk-'));
  const code = join(folder, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'package.json'), '{"type":"module"}');
  await bundle(CODE, join(code, 'index.mjs'));
  assembly = join(folder, 'cdk.out');
  synthesise(code, assembly);
});

function synthesise(code: string, outdir: string): void {
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Drain');
  const parameter = new ssm.StringParameter(stack, 'Settings', { stringValue: '{"a":1}' });
  const failures = new sqs.Queue(stack, 'Failures', { queueName: 'failures' });
  const fn = new lambda.Function(stack, 'Retirement', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
    timeout: Duration.seconds(30),
    environment: { PARAMETER: parameter.parameterName },
    durableConfig: { executionTimeout: Duration.hours(48) },
    deadLetterQueue: failures,
  });
  fn.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:Record*'],
      resources: [
        `arn:${stack.partition}:autoscaling:${stack.region}:${stack.account}:autoScalingGroup:*:autoScalingGroupName/*`,
      ],
      conditions: { StringEquals: { 'aws:ResourceTag/ebb/managed': 'true' } },
    }),
  );
  fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['ec2:Describe*'], resources: ['*'] }));
  parameter.grantRead(fn);
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion, retryAttempts: 1 });
  new events.Rule(stack, 'Terminating', {
    eventPattern: { source: ['aws.autoscaling'], detailType: ['EC2 Instance-terminate Lifecycle Action'] },
    targets: [new targets.LambdaFunction(alias, { deadLetterQueue: failures, retryAttempts: 2 })],
  });
  new autoscaling.CfnLifecycleHook(stack, 'Hook', {
    autoScalingGroupName: 'workers',
    lifecycleHookName: 'ebb-drain',
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: 300,
    defaultResult: 'CONTINUE',
  });
  new eks.CfnAccessEntry(stack, 'Access', {
    clusterName: 'blue',
    principalArn: fn.role?.roleArn ?? '',
    kubernetesGroups: ['ebb'],
    type: 'STANDARD',
  });
  new CfnOutput(stack, 'Name', { value: fn.functionName });
  app.synth();
}

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  clock = new DrivenClock();
  peer = await AwsPeer.start({ clock });
  peer.autoScaling.addGroup({ name: 'workers', desired: 1, tags: { 'ebb/managed': 'true' } });
});
afterEach(async () => {
  await peer.stop();
});

test('a deployed function is started by the hook, completes it, and may do what its role allows and nothing else', async () => {
  const deployment = deployTemplate(peer, assembly);
  const [instanceId = ''] = peer.autoScaling.instanceIds('workers');
  const group = peer.autoScaling.group('workers');
  group.desired = 0;
  peer.autoScaling.capacity.reconcile(group);
  const execution = await peer.driveUntil(() => peer.lambda.executions[0]);
  await peer.driveUntil(execution.ended);
  expect(execution.error).toBeUndefined();
  const result = JSON.parse(execution.result ?? '{}') as Record<string, string>;
  expect(result).toMatchObject({ complete: 'allowed', describe: 'allowed', parameter: 'allowed' });
  const name =
    deployment.names[
      Object.keys(deployment.names).find((id) => id.startsWith('Retirement') && !id.includes('Role')) ?? ''
    ];
  expect(result.scale).toMatch(
    new RegExp(
      `^AccessDenied: User: arn:aws:sts::123456789012:assumed-role/[^ ]+/${name ?? ''} is not authorized to perform: autoscaling:SetDesiredCapacity on resource: ${group.arn} because no identity-based policy`,
    ),
  );
  expect(result.terminate).toMatch(/^UnauthorizedOperation: You are not authorized/);
  expect(result.other).toMatch(/^AccessDeniedException: .*ssm:GetParameter on resource: .*parameter\/other/);
  expect(peer.autoScaling.history(instanceId)).toContainEqual(
    expect.objectContaining({ kind: 'completion', result: 'CONTINUE', by: 'call', function: name }),
  );
  expect(peer.requests.filter((each) => each.error?.startsWith('Access') === true)).toHaveLength(2);
});

test('a template makes parameters, queues, hooks, access entries and retries', () => {
  const deployment = deployTemplate(peer, assembly);
  expect(peer.ssm.find(Object.values(deployment.names).find((each) => each.includes('Settings')) ?? '')?.value).toBe(
    '{"a":1}',
  );
  expect(peer.queues.arns).toEqual(['arn:aws:sqs:eu-central-1:123456789012:failures']);
  expect(peer.autoScaling.group('workers').hooks.get('ebb-drain')).toMatchObject({
    heartbeatTimeout: 300,
    defaultResult: 'CONTINUE',
  });
  expect(peer.eks.accessEntries).toMatchObject([{ clusterName: 'blue', groups: ['ebb'] }]);
  const [fn] = peer.lambda.functions.values();
  expect(fn).toMatchObject({ timeout: 30, durable: { executionTimeout: 172_800 } });
  expect(fn?.retryAttempts.get('live')).toBe(1);
  expect(peer.eventBridge.rules).toMatchObject([{ targets: [{ maximumRetryAttempts: 2 }] }]);
});

test('an event that may not invoke the function ends in the target’s dead-letter queue', async () => {
  deployTemplate(peer, assembly);
  for (const fn of peer.lambda.functions.values()) fn.permissions = [];
  peer.eventBridge.put({
    source: 'aws.autoscaling',
    'detail-type': 'EC2 Instance-terminate Lifecycle Action',
    resources: [],
    detail: {},
  });
  await peer.driveUntil(() => peer.queues.messages('failures').length > 0);
  expect(peer.queues.messages('failures')[0]?.attributes).toMatchObject({ ERROR_CODE: 'NO_PERMISSIONS' });
});
