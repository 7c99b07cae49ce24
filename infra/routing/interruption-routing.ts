import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LIFECYCLE_COMPLETE_ACTIONS, LIFECYCLE_READ_ACTIONS } from '../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { RESERVATION_ACTIONS } from '../../lambdas/adapters/ec2/reservations.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../../lambdas/adapters/eks/access.ts';
import { EVENT_TABLE, type EventRow } from '../../lambdas/adapters/event-bridge/event-table.ts';
import { TAG_ACTIONS } from '../../lambdas/adapters/aws/resource-tags.ts';
import { START_ACTIONS } from '../../lambdas/adapters/lambda/retirements.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import { METRICS } from '../../lambdas/entry/reporting/metric-names.ts';
import type { RouterSettings } from '../../lambdas/entry/configuration/settings.ts';
import { alarmOnAny, countedBy } from '../alarms/alarm.ts';
import { clusterNetwork } from '../cluster-network.ts';
import type { ClusterParameters } from '../cluster-parameters.ts';
import { deadLetterQueue, EbbFunction } from '../ebb-function.ts';
import type { NodeRetirement } from '../node-retirement.ts';
import { NoticeQueue } from './notice-queue.ts';
import { onEksClusters } from '../permissions/eks-clusters.ts';
import { onEnrolledGroups } from '../permissions/group-arns.ts';
import { onKubeconfigs } from '../permissions/secrets.ts';

export interface InterruptionRoutingProps {
  readonly configuration: Configuration;
  readonly parameters: ClusterParameters;
  readonly retirement: NodeRetirement;
}

/**
 * Time limit of the router, which reads a lagging state again for a minute (contract 1.3), and waits as long where Lambda
 * throttles its starts.
 */
const TIMEOUT = Duration.seconds(120);

/** The way of an event from the default bus to a retirement: rule, queue, router and dead-letter queues. */
export class InterruptionRouting extends Construct {
  /** The router's, which marks nodes. */
  readonly role: Role;

  constructor(scope: Construct, id: string, { configuration, parameters, retirement }: InterruptionRoutingProps) {
    super(scope, id);
    const notices = new NoticeQueue(this, 'Notices', { timeout: TIMEOUT });
    const settings: RouterSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_HOOK_NAME: configuration.hookName,
      EBB_CLUSTER_PARAMETERS: parameters.prefix,
      EBB_RETIREMENT_FUNCTION: retirement.alias.functionArn,
      EBB_NOTICE_QUEUE: notices.queue.queueUrl,
    };
    const router = new EbbFunction(this, 'InterruptionRouter', {
      entry: 'interruption-router',
      description: 'Ebb: starts a retirement for each instance that is to leave',
      settings,
      memorySize: 512,
      timeout: TIMEOUT,
      logRetentionDays: configuration.logRetentionDays,
      statements: [
        {
          actions: [...LIFECYCLE_READ_ACTIONS, ...TAG_ACTIONS, ...RESERVATION_ACTIONS],
          resources: ['*'],
          wildcardReason: 'Descriptions cannot be limited to a resource.',
        },
        ...onEnrolledGroups(this, configuration, LIFECYCLE_COMPLETE_ACTIONS),
        parameters.reading,
        { actions: START_ACTIONS, resources: [retirement.alias.functionArn] },
        notices.reading,
        ...onEksClusters(this, configuration, CLUSTER_ACCESS_ACTIONS),
        ...onKubeconfigs(this, configuration),
      ],
      ...clusterNetwork(this, configuration),
    });
    this.role = router.role;
    notices.readBy(router.alias);
    alarmOnAny(this, 'FailedAlarm', {
      metric: countedBy('interruption-router', configuration, METRICS.noticeFailed),
      means: 'an event could not be handled: it is tried twice more, and then left in the dead-letter queue',
    });
    alarmOnAny(this, 'RefusedAlarm', {
      metric: countedBy('interruption-router', configuration, METRICS.noticeRefused),
      means: 'an event was refused: AWS contradicts it, or two installations have its group',
    });
    const undelivered = deadLetterQueue(this, 'Undelivered', 'events that never reached the queue of the router');
    for (const row of EVENT_TABLE.filter((each) => isWanted(each, configuration))) {
      const { rule, what, source, detailType } = row;
      const detail = row.detail(configuration);
      new Rule(this, rule, {
        description: `Ebb: ${what}`,
        eventPattern: {
          source: [source],
          detailType: [detailType],
          ...(Object.keys(detail).length > 0 && { detail: mutable(detail) }),
        },
        targets: [
          new SqsQueue(notices.queue, {
            deadLetterQueue: undelivered,
            retryAttempts: 185,
            maxEventAge: Duration.hours(24),
          }),
        ],
      });
    }
  }
}

/** Whether a cluster acts on such events. The router asks again for each: a rule is for all clusters (contract 1.2). */
function isWanted({ switchedBy }: EventRow, { clusters }: Configuration): boolean {
  return switchedBy === undefined || clusters.some(({ notices }) => notices[switchedBy]);
}

function mutable(detail: ReturnType<EventRow['detail']>): Record<string, unknown[]> {
  return Object.fromEntries(Object.entries(detail).map(([field, values]) => [field, [...values]]));
}
