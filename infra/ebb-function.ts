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
  /** The environment, by the type that the function itself validates. */
  readonly settings: Settings;
  readonly memorySize: number;
  /** Of Node.js itself. @default - as Lambda sets them */
  readonly nodeOptions?: string;
  /** Of one invocation. */
  readonly timeout: Duration;
  /** What its code calls, and nothing else. */
  readonly statements: readonly GrantedStatement[];
  readonly logRetentionDays: Configuration['logRetentionDays'];
  /** What waits longer than this to be handled is given up on. @default 6 hours */
  readonly maxEventAge?: Duration;
  /** @default - not durable */
  readonly durableConfig?: DurableConfig;
  /** How many may run at once, set aside for it. @default - as many as the account's others leave */
  readonly concurrency?: number;
  /** @default - outside any VPC */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: ISecurityGroup[] };
}

/** Events that failed this often end in the dead-letter queue (contract 1.1). */
const RETRIES = 2;

/**
 * A function with our defaults: bundled, arm64, its own role and log group, an alias by which alone it is invoked, and a
 * dead-letter queue of which each letter raises an alarm.
 */
export class EbbFunction<Settings extends Record<string, string>> extends Construct {
  readonly alias: Alias;
  readonly role: Role;
  /** What was given up on, with the reason in the message's attributes. */
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
        // Executions that are suspended go on in the version that they began in, for days perhaps.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      }),
      ...(props.concurrency !== undefined && { reservedConcurrentExecutions: props.concurrency }),
      ...props.network,
    });
    alarmOnFailures(this, { lambda, entry: props.entry });
    // Retries are set on the alias: on the function they would apply to $LATEST alone (platform 2.6).
    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      version: lambda.currentVersion,
      retryAttempts: RETRIES,
      maxEventAge: props.maxEventAge ?? Duration.hours(6),
    });
    acknowledgeFindings(this);
  }
}

/** A queue for what could not be handled, and the alarm that says so. */
export function deadLetterQueue(scope: Construct, id: string, holds: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  alarmOnLetters(scope, `${id}Alarm`, { queue, means: `a letter has come to the dead-letter queue of ${holds}` });
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

/** What cdk-nag finds on every function of ours, and why it stays. */
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
