import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration.ts';
import { MANAGED_TAG } from '../lambdas/workflow/verify-notice.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Lets `actions` be called on enrolled groups only: the configured ones, and those that bear our tag (contract 1.3). */
export function onEnrolledGroups(
  scope: Construct,
  { clusters }: Pick<Configuration, 'clusters'>,
  actions: readonly string[],
): GrantedStatement[] {
  const arn = (name: string): string =>
    Stack.of(scope).formatArn({
      service: 'autoscaling',
      resource: 'autoScalingGroup',
      resourceName: `*:autoScalingGroupName/${name}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  return [
    {
      actions,
      resources: clusters.flatMap(({ groups }) => groups.map(({ name }) => arn(name))),
      wildcardReason: 'The id in the middle of the ARN of a group is not known; its name is.',
    },
    {
      actions,
      resources: [arn('*')],
      conditions: { StringEquals: { [`autoscaling:ResourceTag/${MANAGED_TAG}`]: 'true' } },
      wildcardReason: 'Limited by condition to groups whose owner enrolled them with our tag.',
    },
  ];
}
