/** The wire calls about how many instances a group has, and about the end of one. */
import { z } from 'zod';
import { AwsError } from '../../wire/aws-error.ts';
import { bool, int } from '../../wire/fields.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import { decrement, requireCooledDown, setDesired } from '../desired-capacity.ts';
import { stateOf, type Group, type Member } from '../group.ts';
import { groupResource } from './hook-operations.ts';
import { activityShape } from './shapes.ts';

/** Its sizes and its lifecycle policy can be updated here; any other field is refused. */
const updateGroup = z.strictObject({
  Action: z.string(),
  Version: z.string(),
  AutoScalingGroupName: z.string(),
  MinSize: int.optional(),
  MaxSize: int.optional(),
  DesiredCapacity: int.optional(),
  InstanceLifecyclePolicy: z
    .strictObject({ RetentionTriggers: z.strictObject({ TerminateHookAbandon: z.enum(['retain', 'terminate']) }) })
    .optional(),
});

export function capacityOperations(service: AutoScaling): Record<string, Operation> {
  return {
    TerminateInstanceInAutoScalingGroup: operation({
      input: z.object({ InstanceId: z.string(), ShouldDecrementDesiredCapacity: bool }),
      resources: (input) => groupResource(service, managed(service, input.InstanceId).group.name),
      answer: (input) => {
        const member = managed(service, input.InstanceId);
        const { group } = member;
        const from = group.desired;
        if (input.ShouldDecrementDesiredCapacity) decrement(member);
        const shrinking = group.desired < from ? `, shrinking the capacity from ${from} to ${group.desired}` : '';
        const cause = `instance ${member.instanceId} was taken out of service in response to a user request${shrinking}`;
        const activity = service.capacity.terminate(member, cause);
        return { Activity: activityShape(group, activity) };
      },
    }),
    SetDesiredCapacity: operation({
      input: z.object({ AutoScalingGroupName: z.string(), DesiredCapacity: int, HonorCooldown: bool.optional() }),
      resources: (input) => groupResource(service, input.AutoScalingGroupName),
      answer: (input) => {
        const group = service.group(input.AutoScalingGroupName);
        if (input.HonorCooldown === true) requireCooledDown(group, service.now());
        setDesired(group, input.DesiredCapacity);
        service.capacity.reconcile(group);
        return {};
      },
    }),
    UpdateAutoScalingGroup: operation({
      input: updateGroup,
      resources: (input) => groupResource(service, input.AutoScalingGroupName),
      answer: ({ AutoScalingGroupName, InstanceLifecyclePolicy: policy, ...sizes }) => {
        const group = service.group(AutoScalingGroupName);
        resize(group, { min: sizes.MinSize, max: sizes.MaxSize, desired: sizes.DesiredCapacity });
        service.capacity.reconcile(group);
        if (policy !== undefined) {
          const { TerminateHookAbandon: terminateHookAbandon } = policy.RetentionTriggers;
          service.setLifecyclePolicy(AutoScalingGroupName, { terminateHookAbandon });
        }
        return {};
      },
    }),
  };
}

/**
 * Without a desired capacity, a MinSize above it raises it and a MaxSize below it lowers it (API reference of
 * UpdateAutoScalingGroup).
 */
function resize(
  group: Group,
  { min = group.min, max = group.max, desired }: Record<'min' | 'max' | 'desired', number | undefined>,
): void {
  if (max < min) {
    const bounds = `Max bound, ${max}, must be greater than or equal to min bound, ${min}`;
    throw new AwsError('ValidationError', bounds);
  }
  Object.assign(group, { min, max });
  setDesired(group, desired ?? Math.min(max, Math.max(min, group.desired)));
}

/** An instance that is being detached is nobody's any more: what AWS says of it is not documented. */
function managed(service: AutoScaling, instanceId: string): Member {
  const member = service.findMember(instanceId);
  if (member !== undefined && stateOf(member) !== 'Detaching') return member;
  throw new AwsError(
    'ValidationError',
    `Instance Id not found - No managed instance found for instance ID: ${instanceId}`,
  );
}
