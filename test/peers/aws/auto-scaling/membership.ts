/**
 * Instances that are attached to a group, and that are detached from it. Neither meets a lifecycle hook: they do «not
 * apply when you attach or detach instances» (user guide, «Lifecycle hook availability»).
 */
import type { Instance, Instances } from '../ec2/instances.ts';
import type { LaunchTemplates } from '../ec2/launch-templates.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import { GROUP_TAG, memberTags, type Capacity } from './capacity.ts';
import { shiftDesired } from './desired-capacity.ts';
import { isRetained, stateOf, type Activity, type Group, type Member } from './group.ts';
import type { Resolved } from './launching.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { TrafficSources } from './traffic-sources.ts';

interface Parts {
  readonly time: Timetable;
  readonly instances: Instances;
  readonly templates: LaunchTemplates;
  readonly lifecycle: Lifecycle;
  readonly trafficSources: TrafficSources;
  readonly capacity: Capacity;
  readonly findMember: (instanceId: string) => Member | undefined;
}

export class Membership {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes instances out of the group; they go on running. Until they have drained they are `Detaching`, and replaced.
   *
   * @returns the activities as they are at the beginning
   */
  detach(group: Group, instanceIds: readonly string[], decrements: boolean): Activity[] {
    const members = instanceIds.map((id) => detachable(group, id, decrements));
    const before = group.desired;
    if (decrements) shiftDesired(group, -members.length, 'detach');
    const activities = members.map((member, index) => {
      const from = before - index;
      const shrinking = decrements ? `, shrinking the capacity from ${from} to ${from - 1}` : '';
      return this.#detachOne(member, shrinking);
    });
    this.#parts.capacity.reconcile(group);
    return activities;
  }

  /** Makes running instances members of the group, which desires as many more. */
  attach(group: Group, instanceIds: readonly string[]): void {
    const instances = instanceIds.map((id) => this.#attachable(group, id));
    shiftDesired(group, instances.length, 'attach');
    for (const instance of instances) this.#attachOne(group, instance);
    this.#parts.capacity.reconcile(group);
  }

  #detachOne(member: Member, shrinking: string): Activity {
    const { time, lifecycle, trafficSources, capacity } = this.#parts;
    const { instanceId } = member;
    const activity = capacity.activities.begin(member, {
      description: `Detaching EC2 instance: ${instanceId}`,
      cause: `instance ${instanceId} was detached in response to a user request${shrinking}`,
      progress: 50,
    });
    const begun = { ...activity };
    lifecycle.move(member, 'Detaching');
    trafficSources.drain(member, activity, () => {
      time.afterOrNow(capacity.delays.membership, () => {
        this.#leave(member, activity);
      });
    });
    return begun;
  }

  /** «it removes only the aws:autoscaling:groupName tag» (user guide, «EC2 instance tagging lifecycle») */
  #leave(member: Member, activity: Activity): void {
    const { instances, lifecycle, capacity } = this.#parts;
    lifecycle.move(member, 'Detached');
    member.group.members.delete(member.instanceId);
    const tags = Object.entries(instances.get(member.instanceId).tags);
    instances.setTags(member.instanceId, Object.fromEntries(tags.filter(([key]) => key !== GROUP_TAG)));
    capacity.activities.succeed(member, activity);
  }

  #attachOne(group: Group, { instanceId, zone, tags, ...instance }: Instance): void {
    const { time, instances, lifecycle, trafficSources, capacity } = this.#parts;
    instances.setTags(instanceId, { ...tags, ...memberTags(group) });
    const launched = this.#launchOf({ tags, ...instance });
    const member = capacity.enrol(group, { instanceId, zone, launched, state: 'Pending' });
    const activity = capacity.activities.begin(member, {
      description: `Attaching an existing EC2 instance: ${instanceId}`,
      cause: `an instance was added in response to user request. Keeping the capacity at the new ${group.desired}`,
      progress: 50,
    });
    trafficSources.enter(member, false);
    time.afterOrNow(capacity.delays.membership, () => {
      if (stateOf(member) !== 'Pending') return;
      lifecycle.move(member, 'InService');
      const route = { origin: 'EC2', destination: 'AutoScalingGroup' } as const;
      capacity.activities.succeed(member, activity, { transition: 'autoscaling:EC2_INSTANCE_LAUNCHING', route });
    });
  }

  /** An instance keeps the template and version that it was launched with, by whomever. */
  #launchOf({ tags, imageId, instanceType }: Pick<Instance, 'tags' | 'imageId' | 'instanceType'>): Resolved {
    const { 'aws:ec2launchtemplate:id': id = '', 'aws:ec2launchtemplate:version': version = '' } = tags;
    const template = this.#parts.templates.find({ id });
    const launchTemplate = template && { id, name: template.name, version };
    return { imageId, instanceType, imageOverridden: false, ...(launchTemplate && { launchTemplate }) };
  }

  /** By the criteria of «Considerations for attaching instances» (user guide). Only one refusal is known in AWS's words. */
  #attachable(group: Group, instanceId: string): Instance {
    const { instances, trafficSources, findMember } = this.#parts;
    const owner = findMember(instanceId)?.group.name;
    if (owner !== undefined) throw invalid(`The Instance: ${instanceId} is already part of AutoScalingGroup:${owner}`);
    const instance = instances.find(instanceId);
    if (instance === undefined) throw invalid(`Invalid Instance ID(s): [${instanceId}]`);
    const { state, zone, vpcId } = instance;
    if (state !== 'running') throw invalid(`Instance ${instanceId} is not in running state`);
    if (!group.zones.includes(zone)) {
      throw invalid(
        `The availability zone ${zone} of instance ${instanceId} is none of AutoScalingGroup ${group.name}`,
      );
    }
    if (trafficSources.accept(group, vpcId)) return instance;
    throw invalid(`Instance ${instanceId} is not in the VPC of each load balancer of AutoScalingGroup ${group.name}`);
  }
}

/** «in the InService or Standby state, or in a retained state»: the last only without decrement (user guide). */
function detachable(group: Group, instanceId: string, decrements: boolean): Member {
  const member = memberOf(group, instanceId);
  if (['InService', 'Standby'].includes(stateOf(member))) return member;
  if (!isRetained(member)) throw invalid(`The instance ${instanceId} is not in InService or Standby.`);
  if (!decrements) return member;
  throw invalid(
    `The instance ${instanceId} is in a Retained state and can't be detached while decreasing desired capacity.`,
  );
}

/** @throws AwsError in the words of GitHub reproio/ecs_deploy#56 */
export function memberOf(group: Group, instanceId: string): Member {
  const member = group.members.get(instanceId);
  if (member !== undefined) return member;
  throw invalid(`The instance ${instanceId} is not part of Auto Scaling group ${group.name}.`);
}

export function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
