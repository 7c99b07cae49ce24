/** Tags of an instance, read by the tagging API: the router then needs no client-ec2. */
import { GetResourcesCommand, type ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { InstanceTags } from '../../workflow/ports/ec2.ts';
import { partitionOf } from './partition.ts';

export const TAG_ACTIONS = ['tag:GetResources'] as const;

export function instanceTags(client: ResourceGroupsTaggingAPIClient): InstanceTags {
  return {
    async tagsOf({ instance, account, region }) {
      const arn = `arn:${partitionOf(region).name}:ec2:${region}:${account}:instance/${instance}`;
      const answer = await client.send(new GetResourcesCommand({ ResourceARNList: [arn] }));
      const [found] = answer.ResourceTagMappingList ?? [];
      return Object.fromEntries((found?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    },
  };
}
