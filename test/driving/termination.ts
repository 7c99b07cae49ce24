/** The termination of an instance, and the end of the retirements that it starts. */
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import type { AwsInstallation } from '../installation.ts';

/** Terminates an instance as an operator does: by a call to Auto Scaling. */
export async function terminate({ aws }: Pick<AwsInstallation, 'aws'>, instance: string): Promise<void> {
  const client = new AutoScalingClient(aws.clientConfig());
  const request = { InstanceId: instance, ShouldDecrementDesiredCapacity: true };
  await client.send(new TerminateInstanceInAutoScalingGroupCommand(request));
  client.destroy();
}

/** Whether a retirement has run and none runs any more. */
export function hasEnded({ aws }: Pick<AwsInstallation, 'aws'>): boolean {
  const { executions } = aws.lambda;
  return executions.length > 0 && executions.every(({ status }) => status !== 'RUNNING');
}
