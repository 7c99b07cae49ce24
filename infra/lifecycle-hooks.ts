import { CfnLifecycleHook } from 'aws-cdk-lib/aws-autoscaling';
import { CfnWaitConditionHandle } from 'aws-cdk-lib';
import { Construct, type IDependable } from 'constructs';
import { createHash } from 'node:crypto';
import { hookMetadata } from '../lambdas/core/aws/installation.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';

export interface LifecycleHooksProps {
  readonly configuration: Pick<Configuration, 'name' | 'hookName' | 'clusters'>;
  /** What must be there before an instance waits in a hook. */
  readonly after: readonly IDependable[];
}

/**
 * Our termination hook on every configured group. The groups themselves are somebody else's. A hook stays in this stack
 * for as long as it is there: CloudFormation would make it anew in another one, or under another id, and then delete the
 * old one, which has the same name. So many groups are told to be too many (quotas.ts), and not spread over stacks.
 */
export class LifecycleHooks extends Construct {
  constructor(scope: Construct, id: string, { configuration, after }: LifecycleHooksProps) {
    super(scope, id);
    const { name: installation, hookName, clusters } = configuration;
    // Does nothing, and is made last: were each hook to name all that it waits for, a template would take 300 of them.
    const listening = new CfnWaitConditionHandle(this, 'Listening');
    listening.node.addDependency(...after);
    const ids = hookIds(clusters.flatMap(({ groups }) => groups.map(({ name }) => name)));
    for (const { name: cluster, groups } of clusters) {
      for (const { name: group, heartbeatTimeoutSeconds } of groups) {
        const hook = new CfnLifecycleHook(this, ids.get(group) ?? group, {
          autoScalingGroupName: group,
          lifecycleHookName: hookName,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
          heartbeatTimeout: heartbeatTimeoutSeconds,
          // Our own failure must never hold an instance (contract 6.3).
          defaultResult: 'CONTINUE',
          notificationMetadata: hookMetadata({ cluster, installation }),
        });
        hook.addResourceDependency(listening);
      }
    }
  }
}

/** Digits of a hash that tells two of the groups of one installation apart. */
const HASH_DIGITS = 8;

/**
 * The construct id of each group's hook: its name, with a hash where another's comes to the same id. In an id `/` stands
 * as `--`, and a logical id, of letters and digits, is told apart by a hash of the id alone.
 */
function hookIds(names: readonly string[]): ReadonlyMap<string, string> {
  const idOf = (name: string): string => name.replaceAll('/', '--');
  const taken = new Map<string, string[]>();
  for (const name of ['Listening', ...names]) taken.set(idOf(name), [...(taken.get(idOf(name)) ?? []), name]);
  return new Map(
    names.map((name) => {
      const isAlone = taken.get(idOf(name))?.length === 1;
      const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
      return [name, isAlone ? name : `${name} ${hash}`];
    }),
  );
}
