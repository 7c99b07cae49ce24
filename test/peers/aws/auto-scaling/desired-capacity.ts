/** What may become of a group's desired capacity, and the words of AWS when it may not. */
import { AwsError } from '../wire/aws-error.ts';
import { isRetained, type Activity, type Group, type Member } from './group.ts';

/** Seconds: the default cooldown of every group here. */
export const COOLDOWN = 300;

export function setDesired(group: Group, desired: number): void {
  const refusal = (fault: string): AwsError => {
    const message = `New SetDesiredCapacity value ${desired} is ${fault} for the AutoScalingGroup.`;
    return new AwsError('ValidationError', message);
  };
  if (desired > group.max) throw refusal(`above max value ${group.max}`);
  if (desired < group.min) throw refusal(`below min value ${group.min}`);
  group.desired = desired;
}

/** One less, because the instance is terminated; also when it is being terminated already (GitHub kubernetes/autoscaler#4095). */
export function decrement(member: Member): void {
  const { group } = member;
  if (isRetained(member)) {
    throw new AwsError(
      'ValidationError',
      `The instance ${member.instanceId} is in a Retained state and can't be terminated while decreasing desired capacity. To terminate these instances, retry without decreasing the Auto Scaling group's desired capacity.`,
    );
  }
  if (group.desired > group.min) {
    group.desired -= 1;
    return;
  }
  throw new AwsError(
    'ValidationError',
    `Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
  );
}

/**
 * Adds to the desired capacity, or takes from it, because instances are attached, detached or stand by.
 *
 * @param doing as in «To … 2 instances» (GitHub LeanerCloud/AutoSpotting#407, spacelift-io/…-workerpool-on-ec2#85)
 * @throws AwsError ValidationError outside of the group's sizes
 */
export function shiftDesired(group: Group, by: number, doing: string): void {
  const { name, min, max, desired } = group;
  const count = Math.abs(by);
  if (desired + by < min || desired + by > max) {
    throw new AwsError(
      'ValidationError',
      `AutoScalingGroup ${name} has min-size=${min}, max-size=${max}, and desired-size=${desired}. To ${doing} ${count} instance${count === 1 ? '' : 's'}, please update the AutoScalingGroup sizes appropriately.`,
    );
  }
  group.desired += by;
}

/**
 * What HonorCooldown asks for: no launch or termination goes on, and the last one ended a cooldown ago.
 *
 * @throws AwsError ScalingActivityInProgress, in the words of GitHub TwiN/aws-eks-asg-rolling-update-handler#16
 */
export function requireCooledDown(group: Group, now: number): void {
  const blocking = group.activities.find((activity) => blocks(activity, now));
  if (blocking === undefined) return;
  const message = `Scaling activity ${blocking.id} is in progress and blocks this action`;
  throw new AwsError('ScalingActivityInProgress', message);
}

function blocks({ description, status, endedAt }: Activity, now: number): boolean {
  if (status === 'Failed' || !/^(Launching|Terminating) /.test(description)) return false;
  return endedAt === undefined || now - endedAt.getTime() < COOLDOWN * 1000;
}
