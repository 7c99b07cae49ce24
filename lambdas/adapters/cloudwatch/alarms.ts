/** CloudWatch alarms, by their names. */
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import type { Alarm } from '../../core/rotation/alarm-gate.ts';
import type { Alarms } from '../../workflow/ports/cloudwatch.ts';
import { createClient, type ClientPlace } from '../aws/clients.ts';

export const ALARM_ACTIONS = ['cloudwatch:DescribeAlarms'] as const;

/** CloudWatch returns metric alarms alone unless it is asked for both. */
const BOTH_TYPES = ['MetricAlarm', 'CompositeAlarm'] as const;

export function alarms(client: CloudWatchClient): Alarms {
  return {
    async named(names) {
      const found: Alarm[] = [];
      const request = { AlarmNames: [...names], AlarmTypes: [...BOTH_TYPES] };
      for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginateDescribeAlarms({ client }, request)) {
        for (const { AlarmName: name, StateValue: state, StateReason: reason = '' } of [
          ...MetricAlarms,
          ...CompositeAlarms,
        ]) {
          if (name !== undefined) found.push({ name, isRaised: state === 'ALARM', reason });
        }
      }
      return found;
    },
  };
}

export function alarmClient(place: ClientPlace = {}): CloudWatchClient {
  return createClient(CloudWatchClient, { place });
}
