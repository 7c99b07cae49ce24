/** EC2 instances: the name under which one joined its cluster. */
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Instances } from '../workflow/ports.ts';

export const INSTANCE_ACTIONS = ['ec2:DescribeInstances'] as const;

export function ec2Instances(client: EC2Client): Instances {
  return {
    async privateDnsName(instance) {
      try {
        const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [instance] }));
        const name = answer.Reservations?.[0]?.Instances?.[0]?.PrivateDnsName;
        // EC2 answers an empty name once the instance has terminated.
        return name === '' ? undefined : name;
      } catch (error) {
        if (error instanceof Error && error.name === 'InvalidInstanceID.NotFound') return undefined;
        throw error;
      }
    },
  };
}

export function ec2Client(): EC2Client {
  return new EC2Client();
}
