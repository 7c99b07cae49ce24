/** Instances that no group has any more: marked by tags, and terminated by EC2 itself. */
import { CreateTagsCommand, DeleteTagsCommand, TerminateInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { DetachedInstances } from '../../workflow/ports/ec2.ts';
import { refusedAs, unless } from '../aws/refusals.ts';

export const TAGGING_ACTIONS = ['ec2:CreateTags', 'ec2:DeleteTags'] as const;
export const TERMINATE_DETACHED_ACTIONS = ['ec2:TerminateInstances'] as const;

/** Whether EC2 does not know the id any more. */
const isUnknown = refusedAs('InvalidInstanceID.NotFound');

export function detachedInstances(client: EC2Client): DetachedInstances {
  return {
    async tag(instance, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await client.send(new CreateTagsCommand({ Resources: [instance], Tags }));
    },
    async untag(instance, keys) {
      const request = { Resources: [instance], Tags: keys.map((Key) => ({ Key })) };
      await unless(isUnknown, () => client.send(new DeleteTagsCommand(request)));
    },
    async terminate(instance) {
      await unless(isUnknown, () => client.send(new TerminateInstancesCommand({ InstanceIds: [instance] })));
    },
  };
}
