import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TAGGING_ACTIONS, TERMINATE_DETACHED_ACTIONS } from '../../lambdas/adapters/ec2/detached-instances.ts';
import { DETACHED_FROM_TAG, ROTATION_TAG } from '../../lambdas/core/aws/installation.ts';
import type { GrantedStatement } from './granted-statement.ts';

/** Allows setting the tags of detached instances, and terminating the instances that bear them (contract 10.2). */
export function onDetachedInstances(scope: Construct): GrantedStatement[] {
  const instances = Stack.of(scope).formatArn({
    service: 'ec2',
    resource: 'instance',
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  return [
    {
      actions: TAGGING_ACTIONS,
      resources: [instances],
      conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': [DETACHED_FROM_TAG, ROTATION_TAG] } },
      wildcardReason: 'Limited by condition to the tags by which Ebb knows instances that it has detached.',
    },
    {
      actions: TERMINATE_DETACHED_ACTIONS,
      resources: [instances],
      conditions: { StringLike: { [`aws:ResourceTag/${DETACHED_FROM_TAG}`]: '*' } },
      wildcardReason: 'Limited by condition to instances that Ebb has detached from their group.',
    },
  ];
}
