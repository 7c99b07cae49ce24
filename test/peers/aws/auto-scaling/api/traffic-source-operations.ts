/** The traffic sources of a group on the wire. */
import { z } from 'zod';
import { members } from '../../wire/answer.ts';
import { int } from '../../wire/fields.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import type { TrafficSource } from '../group.ts';

const request = z.object({
  AutoScalingGroupName: z.string(),
  MaxRecords: int.min(1).max(50).optional(),
  NextToken: z.string().optional(),
});
type Request = z.infer<typeof request>;

export function trafficSourceOperations(service: AutoScaling): Record<string, Operation> {
  const page = (input: Request, type?: string): Page => {
    const group = service.group(input.AutoScalingGroupName);
    const wanted = group.trafficSources.filter((source) => type === undefined || source.type === type);
    const found = pageOf(wanted, input.MaxRecords ?? 50, input.NextToken);
    const sources = found.page.map((source) => ({ ...source, state: service.trafficSources.stateOf(source, group) }));
    return { sources, nextToken: found.nextToken };
  };
  return {
    DescribeTrafficSources: operation({
      input: request.extend({ TrafficSourceType: z.enum(['elb', 'elbv2', 'vpc-lattice']).optional() }),
      answer: (input) => {
        const { sources, nextToken } = page(input, input.TrafficSourceType);
        const shapes = sources.map(({ identifier, type, state }) => ({
          TrafficSource: identifier,
          State: state,
          Identifier: identifier,
          Type: type,
        }));
        return { TrafficSources: members(shapes), NextToken: nextToken };
      },
    }),
    DescribeLoadBalancerTargetGroups: operation({
      input: request,
      answer: (input) => {
        const { sources, nextToken } = page(input, 'elbv2');
        const shapes = sources.map(({ identifier, state }) => ({
          LoadBalancerTargetGroupARN: identifier,
          State: state,
        }));
        return { LoadBalancerTargetGroups: members(shapes), NextToken: nextToken };
      },
    }),
    DescribeLoadBalancers: operation({
      input: request,
      answer: (input) => {
        const { sources, nextToken } = page(input, 'elb');
        const shapes = sources.map(({ identifier, state }) => ({ LoadBalancerName: identifier, State: state }));
        return { LoadBalancers: members(shapes), NextToken: nextToken };
      },
    }),
  };
}

interface Page {
  readonly sources: readonly (TrafficSource & { readonly state: string })[];
  readonly nextToken: string | undefined;
}
