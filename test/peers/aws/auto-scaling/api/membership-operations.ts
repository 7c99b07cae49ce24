/** The wire calls about which instances a group has, and which of them serve it or may be ended. */
import { z } from 'zod';
import type { Resource } from '../../iam/authorization.ts';
import { members } from '../../wire/answer.ts';
import { bool, strings } from '../../wire/fields.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import type { Activity } from '../group.ts';
import { groupResource } from './hook-operations.ts';
import { invalid } from '../membership.ts';
import { activityShape } from './shapes.ts';

const named = z.object({ AutoScalingGroupName: z.string(), InstanceIds: strings });
const leaving = named.extend({ ShouldDecrementDesiredCapacity: bool });

export function membershipOperations(service: AutoScaling): Record<string, Operation> {
  const resources = (input: { AutoScalingGroupName: string }): Resource[] =>
    groupResource(service, input.AutoScalingGroupName);
  const told = (groupName: string, activities: readonly Activity[]) => ({
    Activities: members(activities.map((activity) => activityShape(service.group(groupName), activity))),
  });
  return {
    AttachInstances: operation({
      input: named,
      resources,
      answer: ({ AutoScalingGroupName: name, InstanceIds: ids }) => {
        service.membership.attach(service.group(name), atMost(20, ids, 'attach'));
        return {};
      },
    }),
    DetachInstances: operation({
      input: leaving,
      resources,
      answer: ({ AutoScalingGroupName: name, InstanceIds: ids, ShouldDecrementDesiredCapacity: decrements }) =>
        told(name, service.membership.detach(service.group(name), atMost(20, ids, 'detach'), decrements)),
    }),
    EnterStandby: operation({
      input: leaving,
      resources,
      answer: ({ AutoScalingGroupName: name, InstanceIds: ids, ShouldDecrementDesiredCapacity: decrements }) =>
        told(name, service.standby.enter(service.group(name), atMost(20, ids, 'move to standby'), decrements)),
    }),
    ExitStandby: operation({
      input: named,
      resources,
      answer: ({ AutoScalingGroupName: name, InstanceIds: ids }) =>
        told(name, service.standby.exit(service.group(name), atMost(20, ids, 'move out of standby'))),
    }),
    SetInstanceProtection: operation({
      input: named.extend({ ProtectedFromScaleIn: bool }),
      resources,
      answer: ({ AutoScalingGroupName: name, InstanceIds: ids, ProtectedFromScaleIn: isProtected }) => {
        service.setProtection(name, atMost(50, ids, 'protect'), isProtected);
        return {};
      },
    }),
  };
}

/** @throws AwsError in the words of GitHub spinnaker/clouddriver#94 */
function atMost(most: number, ids: readonly string[], doing: string): readonly string[] {
  if (ids.length <= most) return [...new Set(ids)];
  throw invalid(
    `List exceeds the maximum number of instances to ${doing}. Please retry your request with fewer instances.`,
  );
}
