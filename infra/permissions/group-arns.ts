import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MANAGED_TAG, managedValue } from '../../lambdas/core/aws/installation.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Allows `actions` on enrolled groups only: the configured ones, and those with our tag (contract 1.3). */
export function onEnrolledGroups(
  scope: Construct,
  { name: installation, clusters }: Pick<Configuration, 'name' | 'clusters'>,
  actions: readonly string[],
): GrantedStatement[] {
  // No name has a colon, so the pattern matches the whole last part; IAM counts characters (contract 14.1).
  const arn = (group: string): string =>
    Stack.of(scope).formatArn({
      service: 'autoscaling',
      resource: '*',
      resourceName: `autoScalingGroupName/${group}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const named = clusters.flatMap(({ groups }) => groups.map(({ name }) => arn(literally(name))));
  const byName: GrantedStatement = {
    actions,
    resources: named,
    wildcardReason: 'The id in the middle of the ARN of a group is not known; its name is.',
  };
  return [
    ...(named.length > 0 ? [byName] : []),
    {
      actions,
      resources: [arn('*')],
      conditions: { StringEquals: { [`autoscaling:ResourceTag/${MANAGED_TAG}`]: managedValue(installation) } },
      wildcardReason: 'Limited by condition to groups whose owner enrolled them with our tag.',
    },
  ];
}

/** Escapes characters that mean something in a policy; IAM has a variable for each. */
function literally(name: string): string {
  return name.replace(/[*?$]/g, (character) => `\${${character}}`);
}
