/** What the stack deploys: functions, their reach, routing and hooks (contract 1.1, 1.4, 6.3). */
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';
import { ZONAL_SHIFT_ACTIONS } from '../../lambdas/adapters/arc/zonal-shifts.ts';
import {
  ACTIVITY_ACTIONS,
  LIFECYCLE_COMPLETE_ACTIONS,
  LIFECYCLE_HEARTBEAT_ACTIONS,
  LIFECYCLE_READ_ACTIONS,
  TERMINATE_ACTIONS,
} from '../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { CONTROL_PLANE_ACTIONS } from '../../lambdas/adapters/eks/control-plane-version.ts';
import { NODE_GROUP_ACTIONS, REFRESH_ACTIONS } from '../../lambdas/adapters/auto-scaling/group-changes.ts';
import { IMAGE_PARAMETER_ACTIONS, LAUNCH_ACTIONS } from '../../lambdas/adapters/launch/launch-plans.ts';
import { LAUNCHED_ACTIONS } from '../../lambdas/adapters/ec2/launched-instances.ts';
import { GROUP_READ_ACTIONS } from '../../lambdas/adapters/auto-scaling/groups.ts';
import { INSTANCE_ACTIONS } from '../../lambdas/adapters/ec2/ec2-instances.ts';
import { RESERVATION_ACTIONS } from '../../lambdas/adapters/ec2/reservations.ts';
import { STATUS_ACTIONS } from '../../lambdas/adapters/ec2/scheduled-changes.ts';
import {
  BALANCER_READ_ACTIONS,
  CLASSIC_DEREGISTER_ACTIONS,
  CLASSIC_REGISTER_ACTIONS,
  SERVING_ACTIONS,
  TARGET_DEREGISTER_ACTIONS,
  TARGET_REGISTER_ACTIONS,
} from '../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../../lambdas/adapters/eks/access.ts';
import type { NoticeSettings } from '../../lambdas/core/settings/cluster-settings.ts';
import { EVENT_TABLE } from '../../lambdas/adapters/event-bridge/event-table.ts';
import { PARAMETER_ACTIONS, PARAMETER_LIST_ACTIONS } from '../../lambdas/adapters/aws/parameters.ts';
import { TAG_ACTIONS } from '../../lambdas/adapters/aws/resource-tags.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../../lambdas/adapters/lambda/retirements.ts';
import { clusterParameter } from '../../lambdas/entry/configuration/configuration.ts';
import {
  driftSettings,
  retirementSettings,
  routerSettings,
  sweepSettings,
} from '../../lambdas/entry/configuration/settings.ts';
import { compilePattern, type Pattern } from '../peers/aws/event-bridge/pattern.ts';

const EVENTS = resolve(import.meta.dirname, '../../events');

const CONFIGURATION = parseConfiguration({
  hookName: 'our-drain',
  kubernetesGroup: 'drainers',
  logRetentionDays: 14,
  clusters: [
    { name: 'blue', groups: [{ name: 'blue-workers', heartbeatTimeoutSeconds: 120 }, { name: 'blue-spot' }] },
    { name: 'green', groups: [{ name: 'green-workers' }] },
  ],
});

let outdir: string;
let stack: EbbStack;
let template: Template;

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'ebb-template-'));
  stack = new EbbStack(new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false }), 'Ebb', {
    configuration: CONFIGURATION,
  });
  template = Template.fromStack(stack);
});
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>;
}

function resources(type: string): [string, Resource][] {
  return Object.entries(template.findResources(type) as Record<string, Resource>);
}

function only(type: string, entry: string): Resource['Properties'] {
  const found = resources(type).filter(([id]) => id.includes(entry));
  expect(found).toHaveLength(1);
  return found[0]?.[1].Properties ?? {};
}

const FUNCTIONS = ['InterruptionRouter', 'NodeRetirement', 'NodeSweep', 'DriftTainter'];

describe('functions', () => {
  test('are four, each on arm64 with Node 24, a dead-letter queue and a log group of its own', () => {
    expect(resources('AWS::Lambda::Function')).toHaveLength(FUNCTIONS.length);
    for (const entry of FUNCTIONS) {
      expect(only('AWS::Lambda::Function', entry)).toMatchObject({
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.stringContaining(entry) as string } },
        DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [expect.stringContaining(entry), 'Arn'] } },
      });
      expect(only('AWS::Logs::LogGroup', entry)).toEqual({ RetentionInDays: 14 });
    }
  });

  test('a version that retirements may be suspended in outlives the next deployment', () => {
    const kept = template.findResources('AWS::Lambda::Version', { DeletionPolicy: 'Retain' });
    expect(Object.keys(kept)).toEqual([expect.stringContaining('NodeRetirement')]);
    expect(Object.values(kept)).toMatchObject([{ UpdateReplacePolicy: 'Retain' }]);
  });

  test('only the retirement is durable, for longer than any hook can hold an instance', () => {
    const { DurableConfig } = only('AWS::Lambda::Function', 'NodeRetirement') as {
      DurableConfig: { ExecutionTimeout: number };
    };
    expect(DurableConfig.ExecutionTimeout).toBeGreaterThan(48 * 3_600);
    for (const entry of FUNCTIONS.filter((name) => name !== 'NodeRetirement')) {
      expect(only('AWS::Lambda::Function', entry)).not.toHaveProperty('DurableConfig');
    }
  });

  test('are retried twice by their alias, not by $LATEST (contract 1.1)', () => {
    for (const entry of FUNCTIONS) {
      const { MaximumRetryAttempts, Qualifier } = only('AWS::Lambda::EventInvokeConfig', entry);
      expect(MaximumRetryAttempts).toBe(2);
      expect(Qualifier).not.toBe('$LATEST');
      expect(only('AWS::Lambda::Alias', entry)).toMatchObject({ Name: 'live' });
    }
  });

  test('get exactly the environment that they declare, far below the 4 KB that Lambda allows', () => {
    const declared = {
      InterruptionRouter: routerSettings,
      NodeRetirement: retirementSettings,
      NodeSweep: sweepSettings,
      DriftTainter: driftSettings,
    };
    for (const [entry, schema] of Object.entries(declared)) {
      const { Environment } = only('AWS::Lambda::Function', entry) as { Environment: { Variables: object } };
      const ofNode = entry === 'DriftTainter' ? ['NODE_OPTIONS'] : [];
      expect(Object.keys(Environment.Variables).sort()).toEqual([...Object.keys(schema.shape), ...ofNode].sort());
      expect(JSON.stringify(Environment.Variables).length).toBeLessThan(1_024);
    }
  });

  test('have an alarm on each of the eight dead-letter queues, and on the age of what waits for the router (faults 29)', () => {
    const watched = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      JSON.stringify(Properties.Dimensions),
    );
    const queues = resources('AWS::SQS::Queue').map(([id]) => id);
    expect(queues).toHaveLength(9);
    for (const queue of queues) expect(watched.filter((dimensions) => dimensions.includes(queue))).toHaveLength(1);
  });

  test('have alarms on errors and throttles, each', () => {
    const watched = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => JSON.stringify(Properties));
    for (const [id] of resources('AWS::Lambda::Function')) {
      for (const metric of ['Errors', 'Throttles']) {
        const name = `"MetricName":"${metric}","Namespace":"AWS/Lambda"`;
        expect(watched.filter((alarm) => alarm.includes(name) && alarm.includes(`"Ref":"${id}"`))).toHaveLength(1);
      }
    }
  });

  test('have an alarm that rings for each letter that comes, and not while one lies there', () => {
    const alarms = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    const letters = alarms.filter(({ Namespace }) => Namespace === 'AWS/SQS');
    const byMetric = Object.groupBy(letters, ({ MetricName }) => String(MetricName));
    // SQS moves there by itself what the router could not handle, and no metric counts that as sent.
    expect(byMetric.ApproximateNumberOfMessagesVisible).toHaveLength(1);
    expect(byMetric.ApproximateAgeOfOldestMessage).toMatchObject([{ Threshold: 300 }]);
    expect(byMetric.NumberOfMessagesSent).toHaveLength(7);
    for (const alarm of byMetric.NumberOfMessagesSent ?? []) {
      expect(alarm).toMatchObject({
        MetricName: 'NumberOfMessagesSent',
        DatapointsToAlarm: 1,
        TreatMissingData: 'notBreaching',
      });
    }
  });

  test.each([
    ['NoticeFailed', 'interruption-router'],
    ['NoticeRefused', 'interruption-router'],
    ['NoticeRefused', 'node-retirement'],
    ['NoticeRefused', 'node-sweep'],
    ['HookForgotten', 'node-sweep'],
    ['ClusterUnswept', 'node-sweep'],
    ['ClusterUnswept', 'drift-tainter'],
    ['ClusterAway', 'node-retirement'],
    ['BudgetUnreadable', 'drift-tainter'],
  ])('have an alarm on %s of %s', (MetricName, service) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName,
      Namespace: 'Ebb',
      Dimensions: [{ Name: 'service', Value: service }],
      Threshold: 0,
    });
  });

  test('have an alarm on a sweep that has stopped: nothing told is breaching', () => {
    const silent = resources('AWS::CloudWatch::Alarm').filter(
      ([, { Properties }]) => Properties.MetricName === 'Invocations',
    );
    expect(silent).toHaveLength(1);
    expect(silent[0]?.[1].Properties).toMatchObject({
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringContaining('NodeSweep') as string } }],
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });

  test.each([
    ['an address', { email: 'nodes@example.com' }, 1],
    ['a topic', { topicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms' }, 0],
  ])('tell %s of every alarm when it is configured, and nobody otherwise', (_whom, alarms, topics) => {
    const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
    const told = Template.fromStack(new EbbStack(app, 'Told', { configuration: { ...CONFIGURATION, alarms } }));
    told.resourceCountIs('AWS::SNS::Topic', topics);
    const actions = Object.values(told.findResources('AWS::CloudWatch::Alarm') as Record<string, Resource>).map(
      ({ Properties }) => (Properties.AlarmActions as unknown[] | undefined)?.length,
    );
    expect(new Set(actions)).toEqual(new Set([1]));
    for (const [, { Properties }] of resources('AWS::CloudWatch::Alarm'))
      expect(Properties).not.toHaveProperty('AlarmActions');
  });

  test('have an alarm on drains that are held because too much of a cluster leaves', () => {
    const alarms = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms.filter(({ MetricName }) => MetricName === 'BreakerHeld')).toMatchObject([
      {
        Namespace: 'Ebb',
        Dimensions: [{ Name: 'service', Value: 'node-retirement' }],
        TreatMissingData: 'notBreaching',
      },
    ]);
  });
});

describe('IAM', () => {
  /** What the platform itself needs of every function's role. */
  const PLATFORM = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'];

  const GRANTED: Readonly<Record<string, readonly string[]>> = {
    InterruptionRouter: [
      ...LIFECYCLE_READ_ACTIONS,
      ...LIFECYCLE_COMPLETE_ACTIONS,
      ...TAG_ACTIONS,
      ...PARAMETER_ACTIONS,
      ...START_ACTIONS,
      ...CLUSTER_ACCESS_ACTIONS,
      ...RESERVATION_ACTIONS,
      'sqs:ChangeMessageVisibility',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
    ],
    NodeRetirement: [
      ...ACTIVITY_ACTIONS,
      ...LIFECYCLE_READ_ACTIONS,
      ...LIFECYCLE_COMPLETE_ACTIONS,
      ...LIFECYCLE_HEARTBEAT_ACTIONS,
      ...TERMINATE_ACTIONS,
      ...INSTANCE_ACTIONS,
      ...STATUS_ACTIONS,
      ...TAG_ACTIONS,
      ...BALANCER_READ_ACTIONS,
      ...TARGET_DEREGISTER_ACTIONS,
      ...CLASSIC_DEREGISTER_ACTIONS,
      ...TARGET_REGISTER_ACTIONS,
      ...CLASSIC_REGISTER_ACTIONS,
      ...PARAMETER_ACTIONS,
      ...CLUSTER_ACCESS_ACTIONS,
    ],
    NodeSweep: [
      ...ZONAL_SHIFT_ACTIONS,
      ...SERVING_ACTIONS,
      ...ACTIVITY_ACTIONS,
      ...GROUP_READ_ACTIONS,
      ...LIFECYCLE_READ_ACTIONS,
      ...LIFECYCLE_COMPLETE_ACTIONS,
      ...LIFECYCLE_HEARTBEAT_ACTIONS,
      ...INSTANCE_ACTIONS,
      ...STATUS_ACTIONS,
      ...TAG_ACTIONS,
      ...TARGET_REGISTER_ACTIONS,
      ...CLASSIC_REGISTER_ACTIONS,
      ...PARAMETER_ACTIONS,
      ...PARAMETER_LIST_ACTIONS,
      ...START_ACTIONS,
      ...LIST_ACTIONS,
      ...CLUSTER_ACCESS_ACTIONS,
      ...LAUNCHED_ACTIONS,
      ...REFRESH_ACTIONS,
      ...NODE_GROUP_ACTIONS,
    ],
    DriftTainter: [
      ...ZONAL_SHIFT_ACTIONS,
      ...SERVING_ACTIONS,
      ...GROUP_READ_ACTIONS,
      ...LAUNCH_ACTIONS,
      ...IMAGE_PARAMETER_ACTIONS,
      ...REFRESH_ACTIONS,
      ...NODE_GROUP_ACTIONS,
      ...CONTROL_PLANE_ACTIONS,
      ...PARAMETER_ACTIONS,
      ...PARAMETER_LIST_ACTIONS,
      ...CLUSTER_ACCESS_ACTIONS,
    ],
  };

  interface Statement {
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: unknown;
    readonly Condition?: unknown;
  }

  function statementsOf(entry: string): Statement[] {
    const { PolicyDocument } = only('AWS::IAM::Policy', entry) as { PolicyDocument: { Statement: Statement[] } };
    return PolicyDocument.Statement;
  }

  const actionsOf = ({ Action }: Statement): string[] => [Action].flat();

  test.each(FUNCTIONS)('grants %s the actions that its adapters call, and no other', (entry) => {
    const actions = statementsOf(entry).flatMap(actionsOf);
    expect([...new Set(actions)].sort()).toEqual([...new Set([...(GRANTED[entry] ?? []), ...PLATFORM])].sort());
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  const CHANGING = FUNCTIONS.filter((name) => name !== 'DriftTainter');

  test.each(CHANGING)('lets %s change only groups that are configured, or tagged as ours (contract 1.3)', (entry) => {
    const changing = statementsOf(entry).filter((statement) =>
      actionsOf(statement).includes('autoscaling:CompleteLifecycleAction'),
    );
    expect(changing).toHaveLength(2);
    for (const { Resource, Condition } of changing) {
      const text = JSON.stringify(Resource);
      if (Condition === undefined) {
        for (const name of ['blue-workers', 'blue-spot', 'green-workers']) {
          expect(text).toContain(`autoScalingGroupName/${name}"`);
        }
        expect(text).not.toContain('autoScalingGroupName/*');
      } else expect(Condition).toEqual({ StringEquals: { 'autoscaling:ResourceTag/ebb/managed': 'true' } });
    }
  });

  test.each([
    ['NodeRetirement', 'elasticloadbalancing:DeregisterTargets'],
    ['NodeRetirement', 'elasticloadbalancing:RegisterTargets'],
    ['NodeSweep', 'elasticloadbalancing:RegisterInstancesWithLoadBalancer'],
  ])('lets %s use %s only on what is tagged for a configured cluster', (entry, action) => {
    const allowing = statementsOf(entry).filter((statement) => actionsOf(statement).includes(action));
    expect(allowing.map(({ Condition }) => Condition)).toEqual([
      { StringLike: { 'aws:ResourceTag/kubernetes.io/cluster/blue': '*' } },
      { StringLike: { 'aws:ResourceTag/kubernetes.io/cluster/green': '*' } },
      { StringEquals: { 'aws:ResourceTag/elbv2.k8s.aws/cluster': ['blue', 'green'] } },
      { StringEquals: { 'aws:ResourceTag/ingress.k8s.aws/cluster': ['blue', 'green'] } },
    ]);
  });

  test('lets the tainter read AWS’s own image parameters, and those that the configuration names', () => {
    const SHARED = 'arn:aws:ssm:eu-central-1:999999999999:parameter/golden/image';
    const { clusters, ...others } = CONFIGURATION;
    const [first, ...rest] = clusters;
    if (first === undefined) throw new Error('there is no cluster');
    const named = { ...first, drift: { ...first.drift, imageParameters: ['/images/*', SHARED] } };
    const configuration = { ...others, clusters: [named, ...rest] };
    const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
    const all = Template.fromStack(new EbbStack(app, 'Named', { configuration }));
    const policies = Object.values(all.findResources('AWS::IAM::Policy')) as Resource[];
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    );
    const isOfClusters = ({ Resource }: Statement): boolean => JSON.stringify(Resource).includes('/clusters');
    const readable = statements.filter(
      (statement) => actionsOf(statement).includes('ssm:GetParameters') && !isOfClusters(statement),
    );
    const arns = readable.map(({ Resource }) => JSON.stringify(Resource));
    expect(arns).toHaveLength(2);
    // AWS’s own have no account.
    expect(arns[0]).toMatch(/"::parameter\/aws\/service\/\*"/);
    expect(arns[1]).toMatch(/AWS::AccountId.*:parameter\/images\/\*"/);
    expect(readable[1]?.Resource).toContain(SHARED);
  });

  test('lets nothing but descriptions reach every resource', () => {
    const everywhere = FUNCTIONS.flatMap(statementsOf).filter(({ Resource }) => Resource === '*');
    const actions = everywhere.flatMap(actionsOf).map((action) => action.split(':')[1] ?? '');
    expect(actions.filter((action) => !/^(Describe|Get|ListManagedResources$)/.test(action))).toEqual([]);
  });
});

/** Which samples each rule lets in. */
const LET_IN: readonly { readonly rule: string; readonly byDefault: boolean; readonly samples: readonly string[] }[] = [
  {
    rule: 'TerminateActions',
    byDefault: true,
    samples: [
      'asg-terminate-from-warm-pool',
      'asg-terminate-in-service',
      'asg-terminate-other-account',
      'asg-terminate-stale',
      'asg-terminate-to-warm-pool',
      'asg-terminate',
      'malformed-asg-terminate',
      'root-volume-replacement',
    ],
  },
  { rule: 'LaunchActions', byDefault: false, samples: ['asg-launch'] },
  { rule: 'SpotWarnings', byDefault: true, samples: ['spot-warning'] },
  {
    rule: 'CapacityReservationWarnings',
    byDefault: true,
    samples: ['capacity-block-warning', 'capacity-reservation-warning'],
  },
  { rule: 'CapacityBlockExpirations', byDefault: true, samples: ['capacity-block-expiration'] },
  { rule: 'RebalanceRecommendations', byDefault: false, samples: ['rebalance-recommendation'] },
  { rule: 'StateChanges', byDefault: true, samples: ['ec2-state-change'] },
  { rule: 'ScheduledChanges', byDefault: true, samples: ['scheduled-reboot', 'scheduled-retirement'] },
];

/** The template of the configuration with these notices for each cluster. */
function templateWith(id: string, notices: Partial<NoticeSettings>): Template {
  const clusters = CONFIGURATION.clusters.map((cluster) => ({
    ...cluster,
    notices: { ...cluster.notices, ...notices },
  }));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  return Template.fromStack(new EbbStack(app, id, { configuration: { ...CONFIGURATION, clusters } }));
}

const OFF = {
  spot: false,
  capacityReservation: false,
  scheduledChange: false,
  stateChange: false,
  rootVolume: false,
  rebalance: false,
  launch: false,
};

/** Properties of the rule for events of that name; undefined when there is none. */
function ruleNamed(of: Template, name: string): Record<string, unknown> | undefined {
  const rules = Object.entries(of.findResources('AWS::Events::Rule')) as [string, Resource][];
  return rules.find(([id]) => id.includes(name))?.[1].Properties;
}

describe('routing', () => {
  let everyKind: Template;
  let noKind: Template;
  beforeAll(() => {
    everyKind = templateWith('EveryKind', { rebalance: true, launch: true });
    noKind = templateWith('NoKind', OFF);
  });

  test('leaves our hook’s terminate actions in the router’s queue, and keeps what never arrives', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.autoscaling'],
        'detail-type': ['EC2 Instance-terminate Lifecycle Action'],
        detail: { LifecycleHookName: ['our-drain'] },
      },
      State: 'ENABLED',
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('RoutingNotices'), 'Arn'] },
          DeadLetterConfig: Match.anyValue(),
        }),
      ],
    });
  });

  test('has the router’s alias read the queue, fifty events at a time, and no longer than a message is hidden (faults 15)', () => {
    const [mapping] = resources('AWS::Lambda::EventSourceMapping');
    expect(mapping?.[1].Properties).toEqual({
      BatchSize: 50,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [expect.stringContaining('RoutingNotices') as string, 'Arn'] },
      FunctionName: expect.anything() as unknown,
    });
    // Its name and its alias, cut out of the ARN.
    expect(JSON.stringify(mapping?.[1].Properties.FunctionName)).toContain('InterruptionRouterLive');
    const { Timeout } = only('AWS::Lambda::Function', 'InterruptionRouter') as { Timeout: number };
    const queue = resources('AWS::SQS::Queue').find(([, { Properties }]) => 'VisibilityTimeout' in Properties);
    const { VisibilityTimeout, RedrivePolicy } = queue?.[1].Properties as {
      VisibilityTimeout: number;
      RedrivePolicy: { maxReceiveCount: number };
    };
    expect(VisibilityTimeout).toBeGreaterThan(Timeout);
    // Once, and two retries (contract 1.1).
    expect(RedrivePolicy.maxReceiveCount).toBe(3);
  });

  test('lets nothing but its own rules send to the queue', () => {
    const policies = resources('AWS::SQS::QueuePolicy').filter(([id]) => id.includes('RoutingNotices'));
    const statements = policies.flatMap(
      ([, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: { Effect: string; Principal: object; Condition: object }[] })
          .Statement,
    );
    const letIn = statements.filter(
      ({ Effect, Principal }) =>
        Effect === 'Allow' && 'Service' in Principal && JSON.stringify(Principal).includes('events'),
    );
    expect(letIn.length).toBeGreaterThan(0);
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toHaveLength(letIn.length);
    for (const { Condition } of letIn) expect(JSON.stringify(Condition)).toMatch(/aws:SourceArn.*Routing.*Arn/);
  });

  test('sweeps every 5 minutes by the sweep’s alias (contract 1.7)', () => {
    expect(only('AWS::Events::Rule', 'SweepRunSchedule')).toMatchObject({
      ScheduleExpression: 'cron(2/5 * * * ? *)',
      State: 'ENABLED',
      Targets: [{ Arn: { Ref: expect.stringContaining('NodeSweepLive') as string } }],
    });
    // Two schedules, and a rule for each kind of event that is on by default (contract 1.2).
    template.resourceCountIs('AWS::Events::Rule', 2 + LET_IN.filter(({ byDefault }) => byDefault).length);
  });

  test('looks for nodes out of date every 5 minutes, right before the sweep (contract 9)', () => {
    expect(only('AWS::Events::Rule', 'DriftRunSchedule')).toMatchObject({
      ScheduleExpression: 'cron(0/5 * * * ? *)',
      State: 'ENABLED',
      Targets: [{ Arn: { Ref: expect.stringContaining('DriftTainterLive') as string } }],
    });
  });

  test.each(LET_IN)('lets in by the rule $rule exactly its samples of events/ (contract 1.2)', ({ rule, samples }) => {
    const { EventPattern } = ruleNamed(everyKind, rule) ?? {};
    const matches = compilePattern(EventPattern as Pattern);
    const letIn = readdirSync(EVENTS).filter((file) => {
      // The samples are of the default hook's name.
      const text = readFileSync(join(EVENTS, file), 'utf8').replaceAll('"ebb-drain"', '"our-drain"');
      return matches(JSON.parse(text));
    });
    expect(letIn.toSorted()).toEqual(samples.map((name) => `${name}.json`));
  });

  test('lets the retirement count budgets where recommendations count, and else not (contract 1.2)', () => {
    const may = (of: Template, action: string): boolean =>
      Object.entries(of.findResources('AWS::IAM::Policy')).some(
        ([id, policy]) => id.includes('NodeRetirement') && JSON.stringify(policy).includes(`"${action}"`),
      );
    for (const action of [...GROUP_READ_ACTIONS, ...REFRESH_ACTIONS, ...NODE_GROUP_ACTIONS])
      expect([action, may(everyKind, action)]).toEqual([action, true]);
    for (const action of [...REFRESH_ACTIONS, ...NODE_GROUP_ACTIONS]) expect(may(noKind, action)).toBe(false);
  });

  test('has a rule for each event that makes notices, and no other', () => {
    expect(LET_IN.map(({ rule }) => rule)).toEqual(EVENT_TABLE.map(({ rule }) => rule));
  });

  test.each(LET_IN)(
    'makes the rule $rule by default: $byDefault; and none where every cluster has its kind off',
    (row) => {
      expect(ruleNamed(template, row.rule) !== undefined).toBe(row.byDefault);
      expect(ruleNamed(noKind, row.rule) !== undefined).toBe(row.rule === 'TerminateActions');
    },
  );
});

describe('each configured group', () => {
  test.each([
    ['blue-workers', 'blue', 120],
    ['blue-spot', 'blue', 900],
    ['green-workers', 'green', 900],
  ])(
    '%s has our hook, which continues by default and names cluster %s (contract 1.5, 6.3)',
    (group, cluster, seconds) => {
      template.hasResourceProperties('AWS::AutoScaling::LifecycleHook', {
        AutoScalingGroupName: group,
        LifecycleHookName: 'our-drain',
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        DefaultResult: 'CONTINUE',
        HeartbeatTimeout: seconds,
        NotificationMetadata: JSON.stringify({ cluster, installation: 'ebb' }),
      });
    },
  );

  test('gets its hook when somebody listens: after the rule and the access entries', () => {
    const dependsOn = (resource: unknown): string[] => (resource as { DependsOn: string[] }).DependsOn;
    const [[listening, handle] = []] = resources('AWS::CloudFormation::WaitConditionHandle');
    for (const [, hook] of resources('AWS::AutoScaling::LifecycleHook')) expect(dependsOn(hook)).toEqual([listening]);
    const rules = resources('AWS::Events::Rule').map(([id]) => id);
    const entries = resources('AWS::EKS::AccessEntry').map(([id]) => id);
    expect(dependsOn(handle)).toEqual(
      expect.arrayContaining([rules.find((id) => id.includes('TerminateActions')), ...entries]),
    );
  });
});

test('each cluster lets in router, retirement, sweep and drift tainter, and has a parameter that its settings are read from', () => {
  template.resourceCountIs('AWS::EKS::AccessEntry', 8);
  template.resourceCountIs('AWS::SSM::Parameter', 2);
  for (const cluster of CONFIGURATION.clusters) {
    for (const [entry, group] of [
      // It marks nodes, and evicts nothing.
      ['InterruptionRouter', 'drainers-sweep'],
      ['NodeRetirement', 'drainers'],
      ['NodeSweep', 'drainers-sweep'],
      ['DriftTainter', 'drainers-sweep'],
    ]) {
      template.hasResourceProperties('AWS::EKS::AccessEntry', {
        ClusterName: cluster.name,
        KubernetesGroups: [group],
        Type: 'STANDARD',
        PrincipalArn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`${entry ?? ''}Role`), 'Arn'] },
      });
    }
    template.hasResourceProperties('AWS::SSM::Parameter', {
      Name: `/ebb/clusters/${cluster.name}`,
      Value: clusterParameter(cluster),
    });
  }
});

describe('cdk-nag', () => {
  /** Synthesises the stack with something planted in each of its roles. */
  function synthesise(plant: (role: Role) => void): void {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-nag-'));
    try {
      const app = new App({ outdir: folder, analyticsReporting: false, builtinCloudFormationValidation: false });
      const planted = new EbbStack(app, 'Ebb', { configuration: CONFIGURATION });
      for (const construct of planted.node.findAll()) if (construct instanceof Role) plant(construct);
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
      app.synth();
    } finally {
      rmSync(folder, { recursive: true, force: true });
      // A finding sets it; here findings are what is wanted.
      process.exitCode = undefined;
    }
  }

  test('finds nothing in the stack as it is', () => {
    expect(() => {
      synthesise(() => undefined);
    }).not.toThrow();
  });

  test.each([
    ['an action', 's3:*', 'arn:aws:s3:::bucket', 'Action::s3:*'],
    ['a resource', 's3:GetObject', 'arn:aws:s3:::bucket/*', 'Resource::arn:aws:s3:::bucket/*'],
  ])('finds a wildcard in %s that was planted: the check can fail', (_, action, resource, finding) => {
    expect(() => {
      synthesise((role) => {
        role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
      });
    }).toThrow(`AwsSolutions-IAM5[${finding}]`);
  });
});

test('names no partition: the stack is the same in China, GovCloud and the European Sovereign Cloud', () => {
  const text = JSON.stringify(template.toJSON());
  expect(text).toContain('AWS::Partition');
  // The principals of services are called so in every partition.
  expect(text.match(/arn:aws[a-z-]*:|(?<!"(events|lambda|scheduler|sns)\.)amazonaws\.[a-z.]+/g)).toBeNull();
});
