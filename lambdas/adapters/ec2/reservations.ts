/** Instances in capacity reservations. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Reservations } from '../../workflow/ports/ec2.ts';
import { describeInstances } from './described-instances.ts';

export const RESERVATION_ACTIONS = ['ec2:DescribeInstances'] as const;

export function reservations(client: EC2Client): Reservations {
  return {
    async instancesIn(reservation) {
      const Filters = [
        { Name: 'capacity-reservation-id', Values: [reservation] },
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ];
      const found = await describeInstances(client, { Filters });
      return found.flatMap(({ InstanceId }) => InstanceId ?? []);
    },
  };
}
