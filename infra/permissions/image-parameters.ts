import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { IMAGE_PARAMETER_ACTIONS } from '../../lambdas/adapters/launch/launch-plans.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Allows reading the parameters that launch templates take their images from: AWS's own, and the configured ones. */
export function onImageParameters(scope: Construct, { clusters }: Pick<Configuration, 'clusters'>): GrantedStatement[] {
  const names = new Set(clusters.flatMap(({ drift }) => drift.imageParameters));
  const arnOf = (name: string, account?: string): string =>
    Stack.of(scope).formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: name.replace(/^\//, ''),
      ...(account !== undefined && { account }),
    });
  const ofAws: GrantedStatement = {
    actions: IMAGE_PARAMETER_ACTIONS,
    resources: [arnOf('/aws/service/*', '')],
    wildcardReason: 'AWS publishes its images under this path, for everybody to read.',
  };
  if (names.size === 0) return [ofAws];
  const named: GrantedStatement = {
    actions: IMAGE_PARAMETER_ACTIONS,
    resources: [...names].map((name) => (name.startsWith('arn:') ? name : arnOf(name))),
    wildcardReason: 'The configuration names these parameters, and a path with * where it means all under it.',
  };
  return [ofAws, named];
}
