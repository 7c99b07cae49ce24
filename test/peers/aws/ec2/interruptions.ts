/**
 * What AWS does to instances that nobody asked for, with the events that it sends before: Spot interruptions, reclaimed
 * capacity, recommendations to rebalance, and changes that it schedules. In the documented shapes.
 */
import { arn, randomHex, type Account } from '../account.ts';
import type { AwsEvent, Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import type { Instances, ScheduledEvent } from './instances.ts';

/** From the warning of an interruption to its end. */
const WARNING_MS = 120_000;

/** Codes of AWS Health, by EC2's own. */
const HEALTH_CODES = {
  'instance-stop': 'AWS_EC2_INSTANCE_STOP_SCHEDULED',
  'instance-retirement': 'AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED',
  'instance-reboot': 'AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED',
  'system-reboot': 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED',
  'system-maintenance': 'AWS_EC2_INSTANCE_NETWORK_MAINTENANCE_SCHEDULED',
} as const satisfies Record<ScheduledEvent['code'], string>;

export class Interruptions {
  readonly #instances: Instances;
  readonly #account: Account;
  readonly #time: Timetable;
  readonly #bus: Bus;

  constructor(parts: { instances: Instances; account: Account; time: Timetable; bus: Bus }) {
    this.#instances = parts.instances;
    this.#account = parts.account;
    this.#time = parts.time;
    this.#bus = parts.bus;
  }

  /** Interrupts a Spot instance: it is warned now, and ends two minutes later. */
  interruptSpot(instanceId: string): AwsEvent {
    this.#bought(instanceId, ['spot']);
    this.#endLater(instanceId, WARNING_MS);
    return this.#warn(instanceId, 'EC2 Spot Instance Interruption Warning', { 'instance-action': 'terminate' });
  }

  recommendRebalance(instanceId: string): AwsEvent {
    this.#bought(instanceId, ['spot']);
    return this.#warn(instanceId, 'EC2 Instance Rebalance Recommendation', {});
  }

  /** Takes back the capacity of an instance in an interruptible reservation, or at the end of its capacity block. */
  reclaim(instanceId: string, inMs: number = WARNING_MS): AwsEvent {
    this.#bought(instanceId, ['capacity-block', 'interruptible-capacity-reservation']);
    this.#endLater(instanceId, inMs);
    const at = new Date(this.#time.now() + inMs).toISOString().replace(/\.\d+/, '');
    const { purchase } = this.#instances.get(instanceId);
    return this.#warn(instanceId, 'EC2 Capacity Reservation Instance Interruption Warning', {
      'instance-action': 'terminate',
      'instance-termination-time': at,
      'availability-zone-id': 'euc1-az2',
      'instance-lifecycle': purchase,
    });
  }

  /** Tells that a capacity block ends in forty minutes: ten minutes from now EC2 begins to end its instances. */
  expire(reservation: string): AwsEvent {
    for (const { instanceId, capacityReservationId } of this.#instances.all()) {
      if (capacityReservationId === reservation) this.#endLater(instanceId, 10 * 60_000);
    }
    return this.#bus.put({
      'detail-type': 'Capacity Block Reservation Expiration Warning',
      source: 'aws.ec2',
      resources: [arn(this.#account, 'ec2', `capacity-reservation/${reservation}`)],
      detail: {
        'capacity-reservation-id': reservation,
        'end-date': new Date(this.#time.now() + 40 * 60_000).toISOString().replace(/\.\d+/, ''),
      },
    });
  }

  /** Schedules a change of several instances, and has AWS Health tell of it in one event. */
  schedule(instanceIds: readonly string[], code: ScheduledEvent['code'], notBefore: Date): AwsEvent {
    for (const instanceId of instanceIds) {
      const instance = this.#instances.get(instanceId);
      const description = 'The instance is running on degraded hardware';
      instance.scheduledEvents = [...instance.scheduledEvents, { code, notBefore, description }];
    }
    const { accountId, region } = this.#account;
    const type = HEALTH_CODES[code];
    const now = this.#time.date().toUTCString();
    return this.#bus.put({
      'detail-type': 'AWS Health Event',
      source: 'aws.health',
      resources: [...instanceIds],
      detail: {
        eventArn: `arn:aws:health:${region}::event/EC2/${type}/${type}_${randomHex(12)}`,
        service: 'EC2',
        eventTypeCode: type,
        eventTypeCategory: 'scheduledChange',
        eventScopeCode: 'ACCOUNT_SPECIFIC',
        communicationId: `${randomHex(40)}-1`,
        startTime: notBefore.toUTCString(),
        lastUpdatedTime: now,
        statusCode: 'upcoming',
        eventRegion: region,
        eventDescription: [{ language: 'en_US', latestDescription: 'A description of the event' }],
        affectedEntities: instanceIds.map((entityValue) => ({ entityValue, lastUpdatedTime: now, status: 'PENDING' })),
        affectedAccount: accountId,
        page: '1',
        totalPages: '1',
      },
    });
  }

  #warn(instanceId: string, detailType: string, detail: Record<string, unknown>): AwsEvent {
    return this.#bus.put({
      'detail-type': detailType,
      source: 'aws.ec2',
      resources: [arn(this.#account, 'ec2', `instance/${instanceId}`)],
      detail: { 'instance-id': instanceId, ...detail },
    });
  }

  #endLater(instanceId: string, ms: number): void {
    this.#time.after(ms, () => {
      this.#instances.terminate(instanceId);
    });
  }

  #bought(instanceId: string, as: readonly string[]): void {
    const { purchase = 'on-demand' } = this.#instances.get(instanceId);
    if (!as.includes(purchase)) throw new Error(`${instanceId} is ${purchase}: EC2 warns only of ${as.join(', ')}`);
  }
}
