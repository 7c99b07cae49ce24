import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IVpc, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  Code,
  Function,
  LoggingFormat,
  Runtime,
  type DurableConfig,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { alarmOnFailures, alarmOnLetters } from './alarms/alarm.ts';
import { bundleFunction } from './bundling/function-bundle.ts';
import { grantAll, type GrantedStatement } from './permissions/granted-statement.ts';

export interface EbbFunctionProps<Settings extends Record<string, string>> {
  /** The entry point, `lambdas/<entry>.ts`. */
  readonly entry: string;
  readonly description: string;
  /** Environment, in the type that the function itself validates. */
  readonly settings: Settings;
  readonly memorySize: number;
  /** Options of Node.js. @default - as Lambda sets them */
  readonly nodeOptions?: string;
  /** Time limit of one invocation. */
  readonly timeout: Duration;
  /** IAM statements: exactly what its code calls. */
  readonly statements: readonly GrantedStatement[];
  readonly logRetentionDays: Configuration['logRetentionDays'];
  /** Longest wait of an event. Older ones are given up on. @default 6 hours */
  readonly maxEventAge?: Duration;
  /** @default - not durable */
  readonly durableConfig?: DurableConfig;
  /** Reserved concurrency. @default - shares the concurrency of the account */
  readonly concurrency?: number;
  /** @default - outside any VPC */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: ISecurityGroup[] };
}

/** Retries of an event. After them it ends in the dead-letter queue (contract 1.1). */
const RETRIES = 2;

/**
 * A Lambda function with our defaults: bundled, arm64, its own role and log group, an alias by which alone it is
 * invoked, and a dead-letter queue. Each letter in the queue raises an alarm.
 */
export class EbbFunction<Settings extends Record<string, string>> extends Construct {
  readonly alias: Alias;
  readonly role: Role;
  /** Events that were given up on, with the reason in the attributes of the message. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: EbbFunctionProps<Settings>) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', `what ${props.entry} gave up on`);
    const logGroup = new LogGroup(this, 'Logs', {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the schema allows the enum's numbers only
      retention: props.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    for (const name of managedPolicies(props)) {
      this.role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`));
    }
    grantAll(this.role, props.statements);
    const lambda = new Function(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(bundleFunction(props.entry).directory),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize,
      timeout: props.timeout,
      environment: { ...props.settings, ...(props.nodeOptions !== undefined && { NODE_OPTIONS: props.nodeOptions }) },
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      deadLetterQueue: this.deadLetters,
      ...(props.durableConfig && {
        durableConfig: props.durableConfig,
        // A suspended execution goes on in the version in which it began, perhaps days later.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      }),
      ...(props.concurrency !== undefined && { reservedConcurrentExecutions: props.concurrency }),
      ...props.network,
    });
    alarmOnFailures(this, { lambda, entry: props.entry });
    // Retries belong to the alias: on the function they would apply to $LATEST alone (platform 2.6).
    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      version: lambda.currentVersion,
      retryAttempts: RETRIES,
      maxEventAge: props.maxEventAge ?? Duration.hours(6),
    });
    acknowledgeFindings(this);
  }
}

/** Creates a queue for what could not be handled, and its alarm. @param alarm @default for letters that a service sends */
export function deadLetterQueue(scope: Construct, id: string, holds: string, alarm = alarmOnLetters): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  alarm(scope, `${id}Alarm`, { queue, means: `a letter has come to the dead-letter queue of ${holds}` });
  Validations.of(queue).acknowledge(
    { id: 'AwsSolutions-SQS3', reason: 'It is a dead-letter queue itself.' },
    { id: 'Serverless-SQSRedrivePolicy', reason: 'It is a dead-letter queue itself.' },
  );
  return queue;
}

function managedPolicies({
  durableConfig,
  network,
}: Pick<EbbFunctionProps<never>, 'durableConfig' | 'network'>): string[] {
  return [
    ...(durableConfig ? ['AWSLambdaBasicDurableExecutionRolePolicy'] : []),
    ...(network ? ['AWSLambdaVPCAccessExecutionRole'] : []),
  ];
}

/** Acknowledges what cdk-nag finds on every function of ours, with the reasons. */
function acknowledgeFindings(construct: Construct): void {
  Validations.of(construct).acknowledge(
    {
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason: 'Durable functions take no destinations; what fails goes to the dead-letter queue of the function.',
    },
    {
      id: 'Serverless-LambdaTracing',
      reason: 'The domain events of a run are its trace; X-Ray would need a wildcard.',
    },
    ...['AWSLambdaBasicDurableExecutionRolePolicy', 'AWSLambdaVPCAccessExecutionRole'].map((name) => ({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${name}]`,
      reason: 'What checkpoints and network interfaces need is for AWS to say.',
    })),
  );
}
