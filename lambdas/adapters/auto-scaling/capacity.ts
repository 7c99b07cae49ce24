/** Changes of which instances an Auto Scaling group has. */
import {
  AttachInstancesCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingClient,
} from '@aws-sdk/client-auto-scaling';
import { DETACHING, phaseOf } from '../../core/aws/lifecycle-state.ts';
import type { Capacity, GroupInstance } from '../../workflow/ports/auto-scaling.ts';
import { isNotFound, unless } from '../aws/refusals.ts';

/** IAM actions of the calls below that change a group. The others read, with lifecycle.ts's rights. */
export const CAPACITY_ACTIONS = [
  'autoscaling:DetachInstances',
  'autoscaling:AttachInstances',
  'autoscaling:SetDesiredCapacity',
  'autoscaling:TerminateInstanceInAutoScalingGroup',
  'autoscaling:UpdateAutoScalingGroup',
] as const;

export function capacity(client: AutoScalingClient): Capacity {
  /** A call that is repeated would be refused, or count twice: so the instance's own state says whether it is done. */
  const stateOf = async (instance: string): Promise<string | undefined> => {
    const answer = await client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [instance] }));
    return answer.AutoScalingInstances?.[0]?.LifecycleState;
  };
  return {
    async bounds(group) {
      const answer = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }));
      const [found] = answer.AutoScalingGroups ?? [];
      if (found === undefined) return undefined;
      const { MinSize: min = 0, MaxSize: max = 0, DesiredCapacity: desired = 0 } = found;
      return { min, max, desired };
    },
    async detach(member) {
      const state = await stateOf(member.instance);
      if (state === undefined || state === DETACHING) return;
      const request = { ...named(member), ShouldDecrementDesiredCapacity: false };
      await client.send(new DetachInstancesCommand(request));
    },
    async attach(member) {
      const state = await stateOf(member.instance);
      if (state !== undefined && state !== DETACHING) return;
      await client.send(new AttachInstancesCommand(named(member)));
    },
    async shrink(instance) {
      if (phaseOf(await stateOf(instance)) !== 'in service') return 'gone';
      const request = { InstanceId: instance, ShouldDecrementDesiredCapacity: true };
      const command = new TerminateInstanceInAutoScalingGroupCommand(request);
      return (await unless(isNotFound, () => client.send(command))) === undefined ? 'gone' : 'terminated';
    },
    async setDesired(group, desired) {
      const request = { AutoScalingGroupName: group, DesiredCapacity: desired, HonorCooldown: false };
      await client.send(new SetDesiredCapacityCommand(request));
    },
    async setLeast(group, min) {
      await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize: min }));
    },
  };
}

function named({ group, instance }: GroupInstance) {
  return { AutoScalingGroupName: group, InstanceIds: [instance] };
}
