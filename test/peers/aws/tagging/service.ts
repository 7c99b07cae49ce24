/** The Resource Groups Tagging API on the wire (awsJson1.1): the account's resources by ARN, by type and by tag. */
import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Service } from '../wire/service.ts';

/** A resource that has tags. */
export interface TaggedResource {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

const tagFilter = z.object({ Key: z.string(), Values: z.array(z.string()).max(20).default([]) });
const request = z.object({
  ResourceARNList: z.array(z.string()).min(1).max(100).optional(),
  ResourceTypeFilters: z.array(z.string()).max(100).default([]),
  TagFilters: z.array(tagFilter).max(50).default([]),
  ResourcesPerPage: z.number().int().min(1).max(100).optional(),
  PaginationToken: z.string().optional(),
});
type Request = z.infer<typeof request>;

/** @param resources all resources of the account, whether they have tags or not. */
export function taggingService(resources: () => readonly TaggedResource[]): Service {
  return {
    scope: 'tagging',
    iamPrefix: 'tag',
    protocol: 'json',
    invalidCode: 'InvalidParameterException',
    deniedCode: 'AccessDeniedException',
    operations: {
      GetResources: operation({
        input: request,
        answer: (input) => {
          refuseBoth(input);
          const found = resources().filter((each) => Object.keys(each.tags).length > 0 && passes(each, input));
          const token = input.PaginationToken === '' ? undefined : input.PaginationToken;
          const { page, nextToken } = pageOf(found, input.ResourcesPerPage ?? 50, token);
          return { PaginationToken: nextToken ?? '', ResourceTagMappingList: page.map(mapping) };
        },
      }),
    },
    route: (asked) => jsonRoute(asked, 'ResourceGroupsTaggingAPI_20170126'),
  };
}

function refuseBoth(input: Request): void {
  const others = [...input.ResourceTypeFilters, ...input.TagFilters];
  if (input.ResourceARNList === undefined || others.length === 0) return;
  throw new AwsError(
    'InvalidParameterException',
    'ResourceARNList cannot be used with TagFilters or ResourceTypeFilters',
  );
}

/** One of the ARNs, one of the types, and every tag filter with one of its values. */
function passes({ arn, tags }: TaggedResource, input: Request): boolean {
  const types = input.ResourceTypeFilters;
  return (
    (input.ResourceARNList?.includes(arn) ?? true) &&
    (types.length === 0 || types.some((type) => isOfType(arn, type))) &&
    input.TagFilters.every(({ Key, Values }) => {
      const value = tags[Key];
      return value !== undefined && (Values.length === 0 || Values.includes(value));
    })
  );
}

/** `service` or `service:type`, as they are written in the ARN. */
function isOfType(arn: string, wanted: string): boolean {
  const [, , service, , , resource = ''] = arn.split(':');
  const [wantedService, wantedType] = wanted.split(':');
  return service === wantedService && (wantedType === undefined || resource.startsWith(`${wantedType}/`));
}

function mapping({ arn, tags }: TaggedResource): Record<string, unknown> {
  return { ResourceARN: arn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}
