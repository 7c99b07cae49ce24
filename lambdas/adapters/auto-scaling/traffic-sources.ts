/** The load balancers that an Auto Scaling group registers its instances with. */
import {
  DescribeAutoScalingGroupsCommand,
  paginateDescribeTrafficSources,
  type AutoScalingClient,
  type TrafficSourceState,
} from '@aws-sdk/client-auto-scaling';
import type { PoolNames } from '../load-balancing/pool-names.ts';
import { isNotFound, unless } from '../aws/refusals.ts';

/** IAM actions of the calls below. */
export const TRAFFIC_SOURCE_ACTIONS = [
  'autoscaling:DescribeAutoScalingGroups',
  'autoscaling:DescribeTrafficSources',
] as const;

/** Returns the pools that are attached in any way, or being detached: their targets may still drain. */
export async function trafficSources(client: AutoScalingClient, group: string): Promise<PoolNames> {
  const [answer, sources] = await Promise.all([
    client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] })),
    sourcesOf(client, group),
  ]);
  const [found] = answer.AutoScalingGroups ?? [];
  return {
    groups: distinct([...(found?.TargetGroupARNs ?? []), ...identifiersOf(sources, 'elbv2')]),
    balancers: [],
    classics: distinct([...(found?.LoadBalancerNames ?? []), ...identifiersOf(sources, 'elb')]),
    controlled: new Map(),
  };
}

async function sourcesOf(client: AutoScalingClient, group: string): Promise<TrafficSourceState[]> {
  const all: TrafficSourceState[] = [];
  await unless(isNotFound, async () => {
    const pages = paginateDescribeTrafficSources({ client }, { AutoScalingGroupName: group });
    for await (const { TrafficSources = [] } of pages) all.push(...TrafficSources);
  });
  return all;
}

/** Returns the identifiers of one type. VPC Lattice has a type of its own and is left out. */
function identifiersOf(sources: readonly TrafficSourceState[], type: 'elb' | 'elbv2'): string[] {
  return sources.filter(({ Type }) => Type === type).flatMap(({ Identifier }) => Identifier ?? []);
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
