/**
 * Elastic Load Balancing: finds the balancer pools of a group, a cluster or a VPC, and takes nodes out of them and puts
 * them back (contract 7.2, 7.3). Target groups are read directly, so listeners, rules and weights do not matter.
 */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { TargetPool } from '../../core/traffic/target-pool.ts';
import type { LoadBalancing } from '../../workflow/ports/load-balancing.ts';
import { ClassicLoadBalancers } from './classic-load-balancers.ts';
import { keptFor } from '../aws/kept-answers.ts';
import { pace } from './pace.ts';
import type { PoolNames } from './pool-names.ts';
import { TAGGED_BALANCER_ACTIONS, taggedBalancers } from './tagged-balancers.ts';
import { TargetGroups } from './target-groups.ts';
import { TRAFFIC_SOURCE_ACTIONS, trafficSources } from '../auto-scaling/traffic-sources.ts';

/** IAM actions of finding pools and their targets. None of them can be limited to a resource. */
export const BALANCER_READ_ACTIONS = [
  'elasticloadbalancing:DescribeInstanceHealth',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  ...TAGGED_BALANCER_ACTIONS,
  ...TRAFFIC_SOURCE_ACTIONS,
] as const;
/** IAM actions of finding out which load balancers serve a cluster. None of them can be limited to a resource. */
export const SERVING_ACTIONS = [
  'elasticloadbalancing:DescribeTargetGroups',
  ...TAGGED_BALANCER_ACTIONS,
  ...TRAFFIC_SOURCE_ACTIONS,
] as const;
/** IAM actions on target groups. */
export const TARGET_DEREGISTER_ACTIONS = ['elasticloadbalancing:DeregisterTargets'] as const;
/** IAM actions on classic load balancers. */
export const CLASSIC_DEREGISTER_ACTIONS = ['elasticloadbalancing:DeregisterInstancesFromLoadBalancer'] as const;
/** IAM actions on target groups. */
export const TARGET_REGISTER_ACTIONS = ['elasticloadbalancing:RegisterTargets'] as const;
/** IAM actions on classic load balancers. */
export const CLASSIC_REGISTER_ACTIONS = ['elasticloadbalancing:RegisterInstancesWithLoadBalancer'] as const;

/** How long found pools are kept, milliseconds (contract 7.2). */
const KEPT_MS = 120_000;

export interface LoadBalancingClients {
  readonly classic: ElasticLoadBalancingClient;
  readonly v2: ElasticLoadBalancingV2Client;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly autoScaling: AutoScalingClient;
}

/** Creates the port. A process needs only one: the cache of pools and the pace of calls belong to it. */
export function loadBalancing({ classic, v2, tagging, autoScaling }: LoadBalancingClients): LoadBalancing {
  pace(classic, v2);
  const classics = new ClassicLoadBalancers(classic);
  const groups = new TargetGroups(v2);
  const named = async (names: PoolNames): Promise<TargetPool[]> =>
    (await Promise.all([groups.named(names), classics.named(names.classics)])).flat();
  const namesOfGroup = keptFor(KEPT_MS, (group) => trafficSources(autoScaling, group));
  const namesOfCluster = keptFor(KEPT_MS, (cluster) => taggedBalancers(tagging, cluster));
  const ofGroup = keptFor(KEPT_MS, async (group) => named(await namesOfGroup(group)));
  const ofCluster = keptFor(KEPT_MS, async (cluster) => named(await namesOfCluster(cluster)));
  const ofVpc = keptFor(KEPT_MS, async (vpc) => (await Promise.all([groups.inVpc(vpc), classics.inVpc(vpc)])).flat());
  const poolsOf = ({ kind }: TargetPool): TargetGroups | ClassicLoadBalancers =>
    kind === 'classic' ? classics : groups;
  return {
    async poolsNamed({ group, cluster }) {
      const names = await Promise.all([
        ...(group === undefined ? [] : [namesOfGroup(group)]),
        ...(cluster === undefined ? [] : [namesOfCluster(cluster)]),
      ]);
      return new Set(names.flatMap(({ groups: arns, balancers, classics: old }) => [...arns, ...balancers, ...old]))
        .size;
    },
    async pools({ group, cluster, vpc }) {
      const found = await Promise.all([
        group === undefined ? [] : ofGroup(group),
        cluster === undefined ? [] : ofCluster(cluster),
        vpc === undefined ? [] : ofVpc(vpc),
      ]);
      return [...new Map(found.flat().map((pool) => [`${pool.kind} ${pool.id}`, pool])).values()];
    },
    targets: (pool, wanted) => poolsOf(pool).targets(pool, wanted),
    deregister: (pool, targets) => poolsOf(pool).deregister(pool, targets),
    async serving({ cluster, groups: attachedTo }, balancers) {
      const [tagged, ...attached] = await Promise.all([namesOfCluster(cluster), ...attachedTo.map(namesOfGroup)]);
      const ours = new Set([tagged, ...attached].flatMap(({ groups: arns }) => arns));
      const serve = await Promise.all(
        balancers.map(
          async (arn) =>
            tagged.balancers.includes(arn) || (await groups.arnsBehind(arn)).some((behind) => ours.has(behind)),
        ),
      );
      return balancers.filter((_arn, index) => serve[index]);
    },
    async isTaggedFor(cluster, { kind, id }) {
      const { groups: arns, classics: old } = await namesOfCluster(cluster);
      return (kind === 'classic' ? old : arns).includes(id);
    },
    register: (pool, targets) => poolsOf(pool).register(pool, targets),
  };
}
