/** Targets on the wire: their health, and how they are registered and deregistered. */
import { z } from 'zod';
import type { Resource } from '../../iam/authorization.ts';
import { members } from '../../wire/answer.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { int, list, strings } from '../../wire/fields.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { ElasticLoadBalancing } from '../elastic-load-balancing.ts';
import type { TargetGroup, TargetName } from '../target-group.ts';
import { targetHealthShape } from './v2-shapes.ts';

const targets = list(
  z
    .object({ Id: z.string(), Port: int.min(1).max(65_535).optional(), AvailabilityZone: z.string().optional() })
    .transform(({ Id, Port, AvailabilityZone }): TargetName => ({ id: Id, port: Port, zone: AvailabilityZone })),
);
type Targets = z.infer<typeof targets>;

const request = z.object({ TargetGroupArn: z.string(), Targets: targets });

export function registrationOperations(elb: ElasticLoadBalancing): Record<string, Operation> {
  const resources = ({ TargetGroupArn: arn }: { TargetGroupArn: string }): Resource[] => [
    { arn, tags: elb.targetGroups.get(arn)?.tags ?? {} },
  ];
  return {
    DescribeTargetHealth: operation({
      input: z.object({ TargetGroupArn: z.string(), Targets: targets, Include: strings }),
      answer: (input) => {
        const group = elb.targetGroup(input.TargetGroupArn);
        const asked = input.Targets.length === 0 ? group.backends.all : input.Targets.map((each) => named(group, each));
        for (const target of asked) refuseUnknown(elb, group, target);
        const shapes = asked.map((target) => targetHealthShape(target, group, elb.health(group.arn, target)));
        return { TargetHealthDescriptions: members(shapes) };
      },
    }),
    DeregisterTargets: operation({
      input: request,
      resources,
      answer: (input) => {
        const group = elb.targetGroup(input.TargetGroupArn);
        refuseBatch(elb, input.Targets);
        for (const target of input.Targets.map((each) => named(group, each))) {
          // «If the specified target does not exist, the action returns successfully.» (API reference)
          const backend = group.backends.find(target.id, target.port);
          if (backend !== undefined) group.backends.deregister(backend);
        }
        return {};
      },
    }),
    RegisterTargets: operation({
      input: request,
      resources,
      answer: (input) => {
        const group = elb.targetGroup(input.TargetGroupArn);
        refuseBatch(elb, input.Targets);
        for (const target of input.Targets) refuseUnregistrable(elb, group, target);
        elb.register(group.arn, input.Targets, elb.registrationTime);
        return {};
      },
    }),
  };
}

/** A target without a port is the one on the group's port: a port that overrides it has to be named. */
function named(group: TargetGroup, target: TargetName): TargetName & { readonly port: number } {
  const known = group.backends.find(target.id, target.port ?? group.port);
  return { id: target.id, port: target.port ?? group.port, zone: known?.zone ?? target.zone };
}

function refuseBatch(elb: ElasticLoadBalancing, given: Targets): void {
  if (given.length === 0) throw new AwsError('ValidationError', 'Targets must not be empty');
  if (given.length <= elb.targetsPerCall) return;
  throw new AwsError('ValidationError', `Cannot name more than ${elb.targetsPerCall} targets in a single call`);
}

function refuseUnknown(elb: ElasticLoadBalancing, group: TargetGroup, { id }: TargetName): void {
  if (group.targetType === 'ip' || elb.instances.find(id) !== undefined) return;
  const registered = group.backends.all.some((backend) => backend.id === id);
  if (!registered) throw new AwsError('InvalidTarget', `The following targets are not valid instances: '${id}'`);
}

function refuseUnregistrable(elb: ElasticLoadBalancing, group: TargetGroup, target: TargetName): void {
  if (group.targetType === 'ip') return;
  refuseUnknown(elb, group, target);
  const instance = elb.instances.find(target.id);
  if (instance === undefined) return;
  if (instance.vpcId !== group.vpcId) {
    throw new AwsError(
      'InvalidTarget',
      `The following targets are not in the target group VPC '${group.vpcId}': '${target.id}'`,
    );
  }
  if (instance.state === 'running') return;
  throw new AwsError(
    'InvalidTarget',
    `The following targets are not in a running state and cannot be registered: '${target.id}'`,
  );
}
