/** Elastic Load Balancing on the wire, version 2015-12-01: application and network load balancers, target groups. */
import { z } from 'zod';
import { members } from '../../wire/answer.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { int, list, strings } from '../../wire/fields.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation, type Service } from '../../wire/service.ts';
import { formRoute } from './form-route.ts';
import type { ElasticLoadBalancing } from '../elastic-load-balancing.ts';
import { registrationOperations } from './registration-operations.ts';
import type { LoadBalancer, Tags, TargetGroup } from '../target-group.ts';
import { loadBalancerShape, tagShapes, targetGroupShape } from './v2-shapes.ts';

const VERSION = '2015-12-01';
const paging = { Marker: z.string().optional(), PageSize: int.min(1).max(400).optional() };

export function loadBalancingV2Service(elb: ElasticLoadBalancing): Service {
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
    operations: { ...describeOperations(elb), ...registrationOperations(elb) },
    route: (request) => formRoute(request, VERSION),
  };
}

function describeOperations(elb: ElasticLoadBalancing): Record<string, Operation> {
  return {
    DescribeLoadBalancers: operation({
      input: z.object({ LoadBalancerArns: strings, Names: strings, ...paging }),
      answer: (input) => {
        refuseSeveral({ 'load balancer ARNs': input.LoadBalancerArns, names: input.Names });
        atMostTwenty(input.LoadBalancerArns, 'load balancers');
        const found = chosen([...elb.loadBalancers.values()], input.LoadBalancerArns, input.Names);
        if (found === undefined) throw new AwsError('LoadBalancerNotFound', 'One or more load balancers not found');
        const { page, nextToken } = pageOf(found, input.PageSize ?? 400, input.Marker);
        return { LoadBalancers: members(page.map(loadBalancerShape)), NextMarker: nextToken };
      },
    }),
    DescribeTargetGroups: operation({
      input: z.object({
        LoadBalancerArn: z.string().optional(),
        TargetGroupArns: strings,
        Names: strings,
        ...paging,
      }),
      answer: (input) => {
        const { LoadBalancerArn: balancer, TargetGroupArns: arns, Names: names } = input;
        refuseSeveral({ 'a load balancer': balancer ?? [], 'target group ARNs': arns, names });
        const found = balancer === undefined ? groupsNamed(elb, arns, names) : groupsOf(elb, balancer);
        const { page, nextToken } = pageOf(found, input.PageSize ?? 400, input.Marker);
        return { TargetGroups: members(page.map(targetGroupShape)), NextMarker: nextToken };
      },
    }),
    DescribeTargetGroupAttributes: operation({
      input: z.object({ TargetGroupArn: z.string() }),
      answer: ({ TargetGroupArn }) => {
        const { attributes } = elb.targetGroup(TargetGroupArn);
        return { Attributes: members([...attributes].map(([Key, Value]) => ({ Key, Value }))) };
      },
    }),
    DescribeTags: operation({
      input: z.object({ ResourceArns: list(z.string()) }),
      answer: ({ ResourceArns }) => {
        atMostTwenty(ResourceArns, 'resources');
        const descriptions = ResourceArns.map((arn) => ({ ResourceArn: arn, Tags: tagShapes(tagsOf(elb, arn)) }));
        return { TagDescriptions: members(descriptions) };
      },
    }),
  };
}

function groupsNamed(elb: ElasticLoadBalancing, arns: readonly string[], names: readonly string[]): TargetGroup[] {
  const found = chosen([...elb.targetGroups.values()], arns, names);
  if (found === undefined) throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
  return found;
}

function groupsOf(elb: ElasticLoadBalancing, loadBalancerArn: string): TargetGroup[] {
  if (!elb.loadBalancers.has(loadBalancerArn))
    throw new AwsError('LoadBalancerNotFound', `Load balancer '${loadBalancerArn}' not found`);
  return [...elb.targetGroups.values()].filter((group) => group.loadBalancerArns.has(loadBalancerArn));
}

function tagsOf(elb: ElasticLoadBalancing, arn: string): Tags {
  if (arn.includes(':targetgroup/')) return elb.targetGroup(arn).tags;
  const balancer: LoadBalancer | undefined = elb.loadBalancers.get(arn);
  if (balancer !== undefined) return balancer.tags;
  throw new AwsError('LoadBalancerNotFound', `Load balancer '${arn}' not found`);
}

/** Those that are named, or all when none is; undefined when one of them does not exist. */
function chosen<T extends { readonly arn: string; readonly name: string }>(
  all: readonly T[],
  arns: readonly string[],
  names: readonly string[],
): T[] | undefined {
  if (arns.length === 0 && names.length === 0) return [...all];
  const found = all.filter((each) => arns.includes(each.arn) || names.includes(each.name));
  return found.length < new Set([...arns, ...names]).size ? undefined : found;
}

function refuseSeveral(criteria: Readonly<Record<string, { readonly length: number }>>): void {
  const given = Object.keys(criteria).filter((name) => (criteria[name]?.length ?? 0) > 0);
  if (given.length < 2) return;
  throw new AwsError('ValidationError', `Only one of ${given.join(' and ')} can be specified`);
}

function atMostTwenty(given: readonly string[], what: string): void {
  if (given.length <= 20) return;
  throw new AwsError('ValidationError', `Cannot describe more than 20 ${what} in a single call`);
}
