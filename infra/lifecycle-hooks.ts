import { CfnLifecycleHook } from 'aws-cdk-lib/aws-autoscaling';
import { CfnWaitConditionHandle } from 'aws-cdk-lib';
import { Construct, type IDependable } from 'constructs';
import { createHash } from 'node:crypto';
import { hookMetadata, LAUNCH_HOOK } from '../lambdas/core/aws/installation.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';

export interface LifecycleHooksProps {
  readonly configuration: Pick<Configuration, 'name' | 'hookName' | 'clusters'>;
  /** Resources that must exist before an instance waits in a hook. */
  readonly after: readonly IDependable[];
}

/**
 * The termination hook of Ebb on every configured group, and the launch hook where nodes are waited for. Others own the groups. A hook must stay in this stack under
 * its id: CloudFormation would make a moved hook anew and then delete the old one, which has the same name. So too many
 * groups are an error (quotas.ts), and are not spread over stacks.
 */
export class LifecycleHooks extends Construct {
  constructor(scope: Construct, id: string, { configuration, after }: LifecycleHooksProps) {
    super(scope, id);
    const { name: installation, hookName, clusters } = configuration;
    // Waits for all of `after`, does nothing. Were each hook to name them all, a template would hold only 300 hooks.
    const listening = new CfnWaitConditionHandle(this, 'Listening');
    listening.node.addDependency(...after);
    const ids = hookIds(clusters.flatMap(({ groups }) => groups.map(({ name }) => name)));
    for (const { name: cluster, groups, notices } of clusters) {
      for (const { name: group, heartbeatTimeoutSeconds } of groups) {
        const id = ids.get(group) ?? group;
        const common = {
          autoScalingGroupName: group,
          heartbeatTimeout: heartbeatTimeoutSeconds,
          // A failure of ours must never hold an instance, nor keep one back (contract 6.3).
          defaultResult: 'CONTINUE',
          notificationMetadata: hookMetadata({ cluster, installation }),
        };
        const hook = new CfnLifecycleHook(this, id, {
          ...common,
          lifecycleHookName: hookName,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        });
        hook.addResourceDependency(listening);
        if (!notices.launch) continue;
        const joining = new CfnLifecycleHook(this, `${id} launch`, {
          ...common,
          lifecycleHookName: LAUNCH_HOOK,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        });
        joining.addResourceDependency(listening);
      }
    }
  }
}

/** Digits of the hash that tells apart two groups of one installation. */
const HASH_DIGITS = 8;

/**
 * Returns the construct id of each group's hook: the group's name, with a hash if another name gives the same id. `/`
 * becomes `--` in an id, and a logical id, of letters and digits, differs by a hash of the id alone.
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
