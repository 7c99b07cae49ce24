/**
 * Finds the load balancers and target groups that are tagged for a cluster (contract 7.2), by the tagging API. What is behind
 * a tagged load balancer, target-groups.ts finds by its ARN.
 */
import {
  paginateGetResources,
  type ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
  type TagFilter,
} from '@aws-sdk/client-resource-groups-tagging-api';
import type { PoolNames } from './pool-names.ts';

/** IAM actions of the calls below. */
export const TAGGED_BALANCER_ACTIONS = ['tag:GetResources'] as const;

/** Tag of the AWS Load Balancer Controller on everything that it creates. */
export const CONTROLLER_TAG = 'elbv2.k8s.aws/cluster';

const RESOURCE_TYPES = ['elasticloadbalancing:targetgroup', 'elasticloadbalancing:loadbalancer'];
const RESOURCES_PER_PAGE = 100;

export async function taggedBalancers(client: ResourceGroupsTaggingAPIClient, cluster: string): Promise<PoolNames> {
  // A query for several tags returns only what has all of them, so each tag is asked for alone.
  const found = await Promise.all(tagsFor(cluster).map((tag) => resourcesWith(client, tag)));
  const tagsByArn = new Map(found.flat().map(({ ResourceARN = '', Tags = [] }) => [ResourceARN, Tags]));
  const arns = [...tagsByArn.keys()];
  const balancers = arns.filter((arn) => resourceOf(arn).startsWith('loadbalancer/'));
  const groups = arns.filter((arn) => resourceOf(arn).startsWith('targetgroup/'));
  return {
    groups,
    balancers: balancers.filter((arn) => classicName(arn) === undefined),
    classics: balancers.flatMap((arn) => classicName(arn) ?? []),
    controlled: new Map(
      groups.map((arn) => [arn, tagsByArn.get(arn)?.some(({ Key }) => Key === CONTROLLER_TAG) === true]),
    ),
  };
}

function tagsFor(cluster: string): TagFilter[] {
  return [
    { Key: `kubernetes.io/cluster/${cluster}` },
    { Key: CONTROLLER_TAG, Values: [cluster] },
    { Key: 'ingress.k8s.aws/cluster', Values: [cluster] },
  ];
}

async function resourcesWith(client: ResourceGroupsTaggingAPIClient, tag: TagFilter): Promise<ResourceTagMapping[]> {
  const all: ResourceTagMapping[] = [];
  const asked = { TagFilters: [tag], ResourceTypeFilters: RESOURCE_TYPES, ResourcesPerPage: RESOURCES_PER_PAGE };
  for await (const { ResourceTagMappingList = [] } of paginateGetResources({ client }, asked)) {
    all.push(...ResourceTagMappingList);
  }
  return all;
}

/** Returns what follows the account in an ARN. */
function resourceOf(arn: string): string {
  return arn.split(':').slice(5).join(':');
}

/** Name of a classic load balancer: `loadbalancer/name`. Others have their kind first: `loadbalancer/app/name/id`. */
function classicName(arn: string): string | undefined {
  const [, name, ...rest] = resourceOf(arn).split('/');
  return rest.length === 0 ? name : undefined;
}
