/**
 * The events that become notices: which rule lets them in, and how each is read (contract 1.1, 1.2). Rules of the stack are
 * made of this table. The shapes are those of AWS's documentation.
 */
import * as z from 'zod/mini';
import { NO_GROUP } from '../../core/aws/group.ts';
import { LAUNCH_HOOK } from '../../core/aws/installation.ts';
import type { NoticeSwitch } from '../../core/notice/kinds.ts';
import {
  actionTokenSchema,
  lifecycleNoticeSchema,
  type HookNotice,
  type WarningNotice,
} from '../../core/notice/notice.ts';
import { envelope, type Read } from './event-form.ts';
import { SCHEDULED_CHANGES, scheduledChanges } from './scheduled-changes.ts';

export interface EventRow {
  /** Name of the rule in the stack. */
  readonly rule: string;
  /** The events in a few words, for the rule. */
  readonly what: string;
  readonly source: string;
  readonly detailType: string;
  /** What the detail of such an event must say for the rule to let it in: a pattern of EventBridge. */
  readonly detail: (names: { readonly hookName: string }) => Readonly<Record<string, readonly unknown[]>>;
  /** The rule is made if a cluster has this on @default always */
  readonly switchedBy?: NoticeSwitch;
  /** @throws what zod throws, for an event of the wrong form */
  readonly read: (event: unknown) => Read;
}

const instance = lifecycleNoticeSchema.shape.instance;

/** Form of a lifecycle action. */
const actionSchema = <const Transition extends string>(transition: Transition) =>
  z.object({
    ...envelope,
    detail: z.object({
      AutoScalingGroupName: lifecycleNoticeSchema.shape.group,
      LifecycleHookName: lifecycleNoticeSchema.shape.hook,
      EC2InstanceId: instance,
      LifecycleActionToken: actionTokenSchema,
      LifecycleTransition: z.literal(transition),
      Origin: lifecycleNoticeSchema.shape.origin,
      // What an instance refresh does to an instance that stays.
      Action: z.optional(z.string().check(z.maxLength(64))),
    }),
  });

const terminateSchema = actionSchema('autoscaling:EC2_INSTANCE_TERMINATING');
const launchSchema = actionSchema('autoscaling:EC2_INSTANCE_LAUNCHING');

type ActionEvent = z.output<typeof terminateSchema> | z.output<typeof launchSchema>;

function actionNotice(kind: HookNotice['kind'], { account, region, time, detail }: ActionEvent): HookNotice {
  return {
    kind,
    account,
    region,
    instance: detail.EC2InstanceId,
    group: detail.AutoScalingGroupName,
    hook: detail.LifecycleHookName,
    token: detail.LifecycleActionToken,
    origin: detail.Origin,
    at: Date.parse(time),
  };
}

/** Form of a warning of EC2 about one instance. */
const warningSchema = z.object({
  ...envelope,
  detail: z.object({
    'instance-id': instance,
    'instance-action': z.optional(z.enum(['terminate', 'stop', 'hibernate'])),
    'instance-termination-time': z.optional(z.iso.datetime()),
    state: z.optional(z.string().check(z.maxLength(32))),
  }),
});

type Warning = z.output<typeof warningSchema>;

function warningNotice(
  kind: WarningNotice['kind'],
  { account, region, time, detail }: Warning,
  until?: number,
): WarningNotice {
  const action = detail['instance-action'] ?? 'terminate';
  const at = Date.parse(time);
  const about = { account, region, instance: detail['instance-id'], group: NO_GROUP, at };
  return { kind, ...about, action, ...(until !== undefined && { until }) };
}

/** Form of the warning that a capacity block ends, 40 minutes before. */
const blockSchema = z.object({
  ...envelope,
  detail: z.object({
    'capacity-reservation-id': z.string().check(z.regex(/^cr-[0-9a-f]{8,17}$/)),
    // AWS documents no form of it.
    'end-date': z.optional(z.string().check(z.maxLength(64))),
  }),
});

/** EC2 begins to terminate the instances of a block so long before its end, and so long after the warning. */
const BLOCK_ENDING_MS = 1_800_000;
const BLOCK_WARNED_MS = 600_000;

/** From the warning of a Spot instance, or of one in an interruptible reservation, to its end (contract 5.1). */
const WARNED_MS = 120_000;

/** Time in which an instance that stops or ends without a notice is taken out of service (contract 4.9). */
const ENDING_MS = 60_000;

/** States of an instance that runs no pods any more, or soon. */
const ENDING_STATES = ['stopping', 'shutting-down', 'stopped', 'terminated'];

/** The value of `Action` for an instance whose root volume is replaced. */
const REPLACES_ROOT_VOLUME = 'ReplaceRootVolume';

export const EVENT_TABLE: readonly EventRow[] = [
  {
    rule: 'TerminateActions',
    what: 'instances that wait in our lifecycle hook',
    source: 'aws.autoscaling',
    detailType: 'EC2 Instance-terminate Lifecycle Action',
    detail: ({ hookName }) => ({ LifecycleHookName: [hookName] }),
    read: (event) => {
      const action = terminateSchema.parse(event);
      const replaces = action.detail.Action === REPLACES_ROOT_VOLUME;
      return actionNotice(replaces ? 'root-volume' : 'asg-terminate', action);
    },
  },
  {
    rule: 'LaunchActions',
    what: 'instances that wait in our launch hook',
    source: 'aws.autoscaling',
    detailType: 'EC2 Instance-launch Lifecycle Action',
    detail: () => ({ LifecycleHookName: [LAUNCH_HOOK] }),
    switchedBy: 'launch',
    read: (event) => actionNotice('asg-launch', launchSchema.parse(event)),
  },
  {
    rule: 'SpotWarnings',
    what: 'Spot instances that EC2 interrupts',
    source: 'aws.ec2',
    detailType: 'EC2 Spot Instance Interruption Warning',
    detail: () => ({}),
    switchedBy: 'spot',
    read: (event) => {
      const warning = warningSchema.parse(event);
      return warningNotice('spot', warning, Date.parse(warning.time) + WARNED_MS);
    },
  },
  {
    rule: 'CapacityReservationWarnings',
    what: 'instances whose capacity reservation ends',
    source: 'aws.ec2',
    detailType: 'EC2 Capacity Reservation Instance Interruption Warning',
    detail: () => ({}),
    switchedBy: 'capacityReservation',
    read: (event) => {
      const warning = warningSchema.parse(event);
      const { 'instance-termination-time': told } = warning.detail;
      const until = told === undefined ? Date.parse(warning.time) + WARNED_MS : Date.parse(told);
      return warningNotice('capacity-reservation', warning, until);
    },
  },
  {
    rule: 'CapacityBlockExpirations',
    what: 'capacity blocks that end',
    source: 'aws.ec2',
    detailType: 'Capacity Block Reservation Expiration Warning',
    detail: () => ({}),
    switchedBy: 'capacityReservation',
    read: (event) => {
      const { account, region, time, detail } = blockSchema.parse(event);
      const about = { kind: 'capacity-reservation', account, region, group: NO_GROUP, action: 'terminate' } as const;
      const at = Date.parse(time);
      const told = Date.parse(detail['end-date'] ?? '') - BLOCK_ENDING_MS;
      const until = Math.min(Number.isNaN(told) ? Infinity : told, at + BLOCK_WARNED_MS);
      return { reservation: detail['capacity-reservation-id'], warning: { ...about, at, until } };
    },
  },
  {
    rule: 'RebalanceRecommendations',
    what: 'Spot instances at a higher risk of interruption',
    source: 'aws.ec2',
    detailType: 'EC2 Instance Rebalance Recommendation',
    detail: () => ({}),
    switchedBy: 'rebalance',
    read: (event) => warningNotice('rebalance', warningSchema.parse(event)),
  },
  {
    rule: 'StateChanges',
    what: 'instances that stop or end',
    source: 'aws.ec2',
    detailType: 'EC2 Instance State-change Notification',
    detail: () => ({ state: ENDING_STATES }),
    switchedBy: 'stateChange',
    read: (event) => {
      const warning = warningSchema.parse(event);
      const { state = '' } = warning.detail;
      if (!ENDING_STATES.includes(state)) return { ignored: 'the instance does not stop or end by it' };
      const action = state.startsWith('stop') ? 'stop' : 'terminate';
      return { ...warningNotice('state-change', warning, Date.parse(warning.time) + ENDING_MS), action };
    },
  },
  {
    rule: 'ScheduledChanges',
    what: 'instances that AWS is to stop, retire or reboot',
    source: 'aws.health',
    detailType: 'AWS Health Event',
    detail: () => ({
      service: ['EC2'],
      eventTypeCategory: ['scheduledChange'],
      eventTypeCode: Object.keys(SCHEDULED_CHANGES),
    }),
    switchedBy: 'scheduledChange',
    read: scheduledChanges,
  },
];
