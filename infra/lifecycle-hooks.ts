import { CfnLifecycleHook } from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration.ts';

/** Our termination hook on every configured group. The groups themselves are somebody else's. */
export class LifecycleHooks extends Construct {
  constructor(scope: Construct, id: string, { hookName, clusters }: Pick<Configuration, 'hookName' | 'clusters'>) {
    super(scope, id);
    for (const { name: cluster, groups } of clusters) {
      for (const { name: group, heartbeatTimeoutSeconds } of groups) {
        new CfnLifecycleHook(this, group, {
          autoScalingGroupName: group,
          lifecycleHookName: hookName,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
          heartbeatTimeout: heartbeatTimeoutSeconds,
          // Our own failure must never hold an instance (contract 6.3).
          defaultResult: 'CONTINUE',
          notificationMetadata: JSON.stringify({ cluster }),
        });
      }
    }
  }
}
