/** How each kind of resource of a template comes to be in the peer. */
import { z } from 'zod';
import { arn, roleArn } from '../account.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import type { AwsPeer } from '../peer.ts';
import { checkValue } from '../ssm/quotas.ts';
import { nameIn } from './attributes.ts';

/** One resource, its properties resolved. */
export interface Deployed {
  readonly peer: AwsPeer;
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Its physical name or whatever `Ref` answers. */
  readonly ref: () => string;
  /** The folder of an asset by its object key. */
  readonly folders: ReadonlyMap<string, string>;
}

type Create = (deployed: Deployed) => void;

function role({ peer, properties, ref }: Deployed): void {
  const input = z
    .object({
      Policies: z.array(z.object({ PolicyDocument: z.unknown() })).default([]),
      ManagedPolicyArns: z.array(z.string()).default([]),
    })
    .parse(properties);
  const policies = input.Policies.map((policy) => policy.PolicyDocument);
  peer.authorization.addRole(roleArn(peer.account, ref()), { policies, managedPolicyArns: input.ManagedPolicyArns });
}

function policy({ peer, properties }: Deployed): void {
  const input = z.object({ PolicyDocument: z.unknown(), Roles: z.array(z.string()).default([]) }).parse(properties);
  for (const name of input.Roles) peer.authorization.attach(roleArn(peer.account, name), input.PolicyDocument);
}

const functionSchema = z.object({
  Runtime: z.string().startsWith('nodejs'),
  Handler: z.string(),
  Role: z.string(),
  Code: z.object({ S3Key: z.string() }),
  Timeout: z.number().optional(),
  MemorySize: z.number().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  DurableConfig: z.object({ ExecutionTimeout: z.number(), RetentionPeriodInDays: z.number().optional() }).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string() }).optional(),
});

function lambdaFunction({ peer, properties, logicalId, ref, folders }: Deployed): void {
  const input = functionSchema.parse(properties);
  const directory = folders.get(input.Code.S3Key);
  if (directory === undefined)
    throw new Error(`The assembly has no folder for the code ${input.Code.S3Key} of ${logicalId}`);
  const { DurableConfig: durable } = input;
  const fn = peer.lambda.addFunction({
    name: ref(),
    directory,
    handler: input.Handler,
    roleArn: input.Role,
    environment: input.Environment?.Variables ?? {},
    ...(input.Timeout === undefined ? {} : { timeout: input.Timeout }),
    ...(input.MemorySize === undefined ? {} : { memorySize: input.MemorySize }),
    ...(input.DeadLetterConfig === undefined ? {} : { deadLetterArn: input.DeadLetterConfig.TargetArn }),
    ...(durable === undefined
      ? {}
      : {
          durable: {
            executionTimeout: durable.ExecutionTimeout,
            retentionPeriodInDays: durable.RetentionPeriodInDays ?? 14,
          },
        }),
  });
  fn.permissions = [];
}

function alias({ peer, properties }: Deployed): void {
  const input = z.object({ FunctionName: z.string(), Name: z.string(), FunctionVersion: z.string() }).parse(properties);
  functionOf(peer, input.FunctionName).aliases.set(input.Name, input.FunctionVersion);
}

function eventInvokeConfig({ peer, properties }: Deployed): void {
  const input = z
    .object({ FunctionName: z.string(), Qualifier: z.string(), MaximumRetryAttempts: z.number().optional() })
    .parse(properties);
  functionOf(peer, input.FunctionName).retryAttempts.set(input.Qualifier, input.MaximumRetryAttempts ?? 2);
}

function permission({ peer, properties }: Deployed): void {
  const input = z
    .strictObject({
      Action: z.string(),
      FunctionName: z.string(),
      Principal: z.string(),
      SourceArn: z.string().optional(),
      FunctionUrlAuthType: z.enum(['AWS_IAM', 'NONE']).optional(),
      InvokedViaFunctionUrl: z.boolean().optional(),
    })
    .parse(properties);
  const qualifier = input.FunctionName.split(':')[7];
  functionOf(peer, input.FunctionName).permissions?.push({
    qualifier,
    principal: input.Principal,
    action: input.Action,
    sourceArn: input.SourceArn,
    functionUrlAuthType: input.FunctionUrlAuthType,
    invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
  });
}

function functionUrl({ peer, properties }: Deployed): void {
  const input = z
    .strictObject({
      TargetFunctionArn: z.string(),
      Qualifier: z.string().optional(),
      AuthType: z.enum(['AWS_IAM', 'NONE']),
      InvokeMode: z.literal('BUFFERED').optional(),
    })
    .parse(properties);
  peer.functionUrls.add({
    function: nameIn(input.TargetFunctionArn),
    qualifier: input.Qualifier,
    authType: input.AuthType,
  });
}

const targetSchema = z.strictObject({
  Arn: z.string(),
  Id: z.string(),
  Input: z.string().optional(),
  DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  RetryPolicy: z.object({ MaximumRetryAttempts: z.number().optional() }).optional(),
});

function rule({ peer, properties, ref }: Deployed): void {
  const input = z
    .object({
      EventPattern: z.record(z.string(), z.unknown()).optional(),
      ScheduleExpression: z.string().optional(),
      State: z.string().default('ENABLED'),
      EventBusName: z.literal('default').optional(),
      Targets: z.array(targetSchema).default([]),
    })
    .parse(properties);
  peer.eventBridge.addRule({
    name: ref(),
    arn: arn(peer.account, 'events', `rule/${ref()}`),
    ...(input.EventPattern === undefined ? {} : { pattern: input.EventPattern }),
    ...(input.ScheduleExpression === undefined ? {} : { schedule: input.ScheduleExpression }),
    enabled: input.State === 'ENABLED',
    targets: input.Targets.map((target) => ({
      id: target.Id,
      arn: target.Arn,
      ...(target.Input === undefined ? {} : { input: target.Input }),
      ...(target.DeadLetterConfig === undefined ? {} : { deadLetterArn: target.DeadLetterConfig.Arn }),
      ...(target.RetryPolicy?.MaximumRetryAttempts === undefined
        ? {}
        : { maximumRetryAttempts: target.RetryPolicy.MaximumRetryAttempts }),
    })),
  });
}

function lifecycleHook({ peer, properties, logicalId }: Deployed): void {
  const input = z
    .object({
      AutoScalingGroupName: z.string(),
      LifecycleHookName: z.string().default(logicalId),
      LifecycleTransition: z.enum(['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING']),
      HeartbeatTimeout: z.number().default(3600),
      DefaultResult: z.enum(['CONTINUE', 'ABANDON']).default('ABANDON'),
      NotificationMetadata: z.string().optional(),
    })
    .parse(properties);
  peer.autoScaling.putHook(input.AutoScalingGroupName, {
    name: input.LifecycleHookName,
    transition: input.LifecycleTransition,
    heartbeatTimeout: input.HeartbeatTimeout,
    defaultResult: input.DefaultResult,
    ...(input.NotificationMetadata === undefined ? {} : { notificationMetadata: input.NotificationMetadata }),
  });
}

function parameter({ peer, properties, ref }: Deployed): void {
  const input = z
    .object({
      Type: z.enum(['String', 'StringList']),
      Value: z.string(),
      Tier: z.enum(['Standard', 'Advanced']).default('Standard'),
    })
    .parse(properties);
  checkValue(input.Value, input.Tier);
  peer.ssm.put(ref(), input.Value, input.Type);
}

function queue({ peer, properties, ref }: Deployed): void {
  const input = z
    .object({
      VisibilityTimeout: z.number().default(30),
      RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
    })
    .parse(properties);
  const { VisibilityTimeout: seconds, RedrivePolicy: redrive } = input;
  peer.addQueue(ref().split('/').at(-1) ?? '', {
    visibilityMs: seconds * 1000,
    ...(redrive && {
      redrive: { deadLetterArn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount },
    }),
  });
}

function queuePolicy({ peer, properties }: Deployed): void {
  const input = z.object({ Queues: z.array(z.string()), PolicyDocument: z.unknown() }).parse(properties);
  for (const url of input.Queues) {
    peer.queues.setPolicy(arn(peer.account, 'sqs', url.split('/').at(-1) ?? ''), input.PolicyDocument);
  }
}

function eventSourceMapping({ peer, properties }: Deployed): void {
  const input = z
    .strictObject({
      EventSourceArn: z.string().startsWith('arn:aws:sqs:'),
      FunctionName: z.string(),
      BatchSize: z.number().default(10),
      MaximumBatchingWindowInSeconds: z.number().default(0),
      FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    })
    .parse(properties);
  peer.addEventSource({
    queue: input.EventSourceArn,
    function: input.FunctionName,
    batchSize: input.BatchSize,
    windowMs: input.MaximumBatchingWindowInSeconds * 1000,
    reportsFailures: input.FunctionResponseTypes.length > 0,
  });
}

function accessEntry({ peer, properties }: Deployed): void {
  const input = z
    .object({
      ClusterName: z.string(),
      PrincipalArn: z.string(),
      KubernetesGroups: z.array(z.string()).default([]),
      Username: z.string().optional(),
    })
    .parse(properties);
  peer.eks.addAccessEntry({
    clusterName: input.ClusterName,
    principalArn: input.PrincipalArn,
    groups: input.KubernetesGroups,
    ...(input.Username === undefined ? {} : { username: input.Username }),
  });
}

function functionOf(peer: AwsPeer, reference: string): LambdaFunction {
  const fn = peer.lambda.functions.get(nameIn(reference));
  if (fn === undefined) throw new Error(`No function ${reference} has been deployed`);
  return fn;
}

/** In the order in which they are made: what others refer to comes first. */
export const RESOURCE_KINDS: readonly (readonly [string, Create])[] = [
  ['AWS::SQS::Queue', queue],
  ['AWS::SSM::Parameter', parameter],
  ['AWS::IAM::Role', role],
  ['AWS::IAM::Policy', policy],
  ['AWS::IAM::ManagedPolicy', policy],
  ['AWS::Lambda::Function', lambdaFunction],
  ['AWS::Lambda::Version', () => undefined],
  ['AWS::Lambda::Alias', alias],
  ['AWS::Lambda::EventInvokeConfig', eventInvokeConfig],
  ['AWS::Lambda::Permission', permission],
  ['AWS::Lambda::Url', functionUrl],
  ['AWS::SQS::QueuePolicy', queuePolicy],
  ['AWS::Lambda::EventSourceMapping', eventSourceMapping],
  ['AWS::EKS::AccessEntry', accessEntry],
  ['AWS::AutoScaling::LifecycleHook', lifecycleHook],
  ['AWS::Events::Rule', rule],
];

/** Known to have no part in what the peer plays. */
export const WITHOUT_PART: readonly string[] = [
  'AWS::CDK::Metadata',
  'AWS::CloudFormation::WaitConditionHandle',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
];
