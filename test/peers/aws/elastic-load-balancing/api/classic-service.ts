/** Elastic Load Balancing on the wire, version 2012-06-01: classic load balancers. */
import { z } from 'zod';
import type { Resource } from '../../iam/authorization.ts';
import type { Timetable } from '../../timetable.ts';
import { members } from '../../wire/answer.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { int, list, strings } from '../../wire/fields.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation, type Service } from '../../wire/service.ts';
import { classicBalancerShape, instancesShape, instanceStateShape, registered } from './classic-shapes.ts';
import { instancePort, type ElasticLoadBalancing } from '../elastic-load-balancing.ts';
import { formRoute } from './form-route.ts';
import type { ClassicBalancer } from '../target-group.ts';
import { tagShapes } from './v2-shapes.ts';

const VERSION = '2012-06-01';
const instances = list(z.object({ InstanceId: z.string() })).transform((all) => all.map((each) => each.InstanceId));
const request = z.object({ LoadBalancerName: z.string(), Instances: instances });

export function classicLoadBalancingService(elb: ElasticLoadBalancing, time: Timetable): Service {
  return {
    scope: 'elasticloadbalancing',
    iamPrefix: 'elasticloadbalancing',
    protocol: 'query',
    namespace: `http://elasticloadbalancing.amazonaws.com/doc/${VERSION}/`,
    invalidCode: 'ValidationError',
    deniedCode: 'AccessDenied',
    admit: (action) => {
      elb.limits.admit(VERSION, action);
    },
    operations: { ...describeOperations(elb, time), ...registrationOperations(elb) },
    route: (asked) => formRoute(asked, VERSION),
  };
}

function describeOperations(elb: ElasticLoadBalancing, time: Timetable): Record<string, Operation> {
  return {
    DescribeLoadBalancers: operation({
      input: z.object({
        LoadBalancerNames: strings,
        Marker: z.string().optional(),
        PageSize: int.min(1).max(400).optional(),
      }),
      answer: (input) => {
        const names = input.LoadBalancerNames;
        const found =
          names.length === 0 ? [...elb.classicBalancers.values()] : names.map((name) => elb.classicBalancer(name));
        const { page, nextToken } = pageOf(found, input.PageSize ?? 400, input.Marker);
        return { LoadBalancerDescriptions: members(page.map(classicBalancerShape)), NextMarker: nextToken };
      },
    }),
    DescribeLoadBalancerAttributes: operation({
      input: z.object({ LoadBalancerName: z.string() }),
      answer: ({ LoadBalancerName }) => ({
        LoadBalancerAttributes: attributesShape(elb.classicBalancer(LoadBalancerName)),
      }),
    }),
    DescribeInstanceHealth: operation({
      input: request,
      answer: (input) => {
        const balancer = elb.classicBalancer(input.LoadBalancerName);
        const asked = input.Instances.length === 0 ? registered(balancer) : input.Instances;
        for (const id of asked) refuseUnknown(elb, id);
        // «The state of terminated instances is not returned.» (API reference)
        const living = asked.filter((id) => elb.instances.find(id)?.state !== 'terminated');
        const states = living.map((id) =>
          instanceStateShape(id, balancer.backends.find(id, instancePort(balancer)), {
            instance: elb.instances.find(id),
            now: time.now(),
          }),
        );
        return { InstanceStates: members(states) };
      },
    }),
    DescribeTags: operation({
      input: z.object({ LoadBalancerNames: list(z.string()) }),
      answer: ({ LoadBalancerNames }) => {
        if (LoadBalancerNames.length > 20)
          throw new AwsError('ValidationError', 'Cannot describe more than 20 load balancers in a single call');
        const described = LoadBalancerNames.map((name) => ({
          LoadBalancerName: name,
          Tags: tagShapes(elb.classicBalancer(name).tags),
        }));
        return { TagDescriptions: members(described) };
      },
    }),
  };
}

function registrationOperations(elb: ElasticLoadBalancing): Record<string, Operation> {
  const resources = ({ LoadBalancerName }: { LoadBalancerName: string }): Resource[] => {
    const { arn, tags } = elb.classicBalancer(LoadBalancerName);
    return [{ arn, tags }];
  };
  return {
    DeregisterInstancesFromLoadBalancer: operation({
      input: request,
      resources,
      answer: (input) => {
        const balancer = elb.classicBalancer(input.LoadBalancerName);
        for (const id of input.Instances) refuseUnknown(elb, id);
        for (const id of input.Instances) {
          const backend = balancer.backends.find(id, instancePort(balancer));
          if (backend !== undefined) balancer.backends.deregister(backend);
        }
        return { Instances: instancesShape(registered(balancer)) };
      },
    }),
    RegisterInstancesWithLoadBalancer: operation({
      input: request,
      resources,
      answer: (input) => {
        const balancer = elb.classicBalancer(input.LoadBalancerName);
        for (const id of input.Instances) refuseUnknown(elb, id);
        elb.registerInstances(balancer.name, input.Instances, elb.registrationTime);
        return { Instances: instancesShape(registered(balancer)) };
      },
    }),
  };
}

function attributesShape(balancer: ClassicBalancer): Record<string, unknown> {
  const { connectionDraining } = balancer;
  return {
    CrossZoneLoadBalancing: { Enabled: false },
    AccessLog: { Enabled: false },
    ConnectionDraining: { Enabled: connectionDraining !== undefined, Timeout: connectionDraining ?? 300 },
    ConnectionSettings: { IdleTimeout: 60 },
    AdditionalAttributes: '',
  };
}

function refuseUnknown(elb: ElasticLoadBalancing, instanceId: string): void {
  if (elb.instances.find(instanceId) !== undefined) return;
  throw new AwsError('InvalidInstance', `Could not find EC2 instance ${instanceId}.`);
}
