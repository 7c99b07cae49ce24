/** Tags of instances, read by the tagging API: the router then needs no client-ec2. */
import {
  GetResourcesCommand,
  paginateGetResources,
  type ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api';
import type { InstanceTags, TaggedInstances } from '../../workflow/ports/ec2.ts';
import { partitionOf } from './partition.ts';

export const TAG_ACTIONS = ['tag:GetResources'] as const;

export function instanceTags(client: ResourceGroupsTaggingAPIClient): InstanceTags & TaggedInstances {
  return {
    async tagsOf({ instance, account, region }) {
      const arn = `arn:${partitionOf(region).name}:ec2:${region}:${account}:instance/${instance}`;
      const answer = await client.send(new GetResourcesCommand({ ResourceARNList: [arn] }));
      const [found] = answer.ResourceTagMappingList ?? [];
      return tagsIn(found);
    },
    async tagged(key) {
      const request = { ResourceTypeFilters: ['ec2:instance'], TagFilters: [{ Key: key }] };
      const found = new Map<string, Readonly<Record<string, string>>>();
      for await (const { ResourceTagMappingList = [] } of paginateGetResources({ client }, request)) {
        for (const each of ResourceTagMappingList) found.set(each.ResourceARN?.split('/').at(-1) ?? '', tagsIn(each));
      }
      return found;
    },
  };
}

function tagsIn(resource: ResourceTagMapping | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((resource?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}
