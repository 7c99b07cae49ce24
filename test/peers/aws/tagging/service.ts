/** The Resource Groups Tagging API on the wire (awsJson1.1): tags of the EC2 instances that a request names by ARN. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import type { Instances } from '../ec2/instances.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';

export function taggingService(instances: Instances, account: Account): Service {
  return {
    scope: 'tagging',
    iamPrefix: 'tag',
    protocol: 'json',
    invalidCode: 'InvalidParameterException',
    deniedCode: 'AccessDeniedException',
    operations: {
      GetResources: operation({
        input: z.object({ ResourceARNList: z.array(z.string()).min(1).max(100) }),
        answer: ({ ResourceARNList }) => ({
          PaginationToken: '',
          ResourceTagMappingList: instances
            .all()
            .map(({ instanceId, tags }) => ({ ResourceARN: arn(account, 'ec2', `instance/${instanceId}`), tags }))
            .filter(({ ResourceARN, tags }) => ResourceARNList.includes(ResourceARN) && Object.keys(tags).length > 0)
            .map(({ ResourceARN, tags }) => ({
              ResourceARN,
              Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
            })),
        }),
      }),
    },
    route: (request) => jsonRoute(request, 'ResourceGroupsTaggingAPI_20170126'),
  };
}
