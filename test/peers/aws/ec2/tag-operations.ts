/** Tags of instances on EC2's wire. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import type { Resource } from '../iam/authorization.ts';
import { AwsError } from '../wire/aws-error.ts';
import { items } from '../wire/answer.ts';
import { int, list, strings } from '../wire/fields.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Operation } from '../wire/service.ts';
import { filters, like, type Filters } from './filters.ts';
import type { Instance, Instances } from './instances.ts';
import { withoutTags, withTags, type Tags } from './tags.ts';

const resources = strings.refine((ids) => ids.length > 0 && ids.length <= 1000, '1 to 1000 resources');
const wanted = list(z.object({ Key: z.string(), Value: z.string().default('') }));
const unwanted = list(z.object({ Key: z.string(), Value: z.string().optional() }));

export function tagOperations(instances: Instances, account: Account): Record<string, Operation> {
  /** What IAM sees: each instance with its tags, and the tags of the request. */
  const touched = (ids: readonly string[], tags: Tags): Resource[] =>
    ids.map((id) => ({
      arn: arn(account, 'ec2', `instance/${id}`),
      tags: instances.find(id)?.tags ?? {},
      requestTags: tags,
    }));
  return {
    CreateTags: operation({
      input: z.object({ ResourceId: resources, Tag: wanted }),
      resources: (input) => touched(input.ResourceId, tagsOf(input.Tag)),
      answer: (input) => {
        const found = taggable(instances, input.ResourceId);
        const changed = found.map((instance) => withTags(instance.tags, tagsOf(input.Tag)));
        for (const [at, { instanceId }] of found.entries()) instances.setTags(instanceId, changed[at] ?? {});
        return { return: true };
      },
    }),
    DeleteTags: operation({
      input: z.object({ ResourceId: resources, Tag: unwanted }),
      resources: (input) => touched(input.ResourceId, tagsOf(input.Tag)),
      answer: (input) => {
        const found = taggable(instances, input.ResourceId);
        const gone = input.Tag.map(({ Key: key, Value: value }) => ({ key, value }));
        const changed = found.map((instance) => withoutTags(instance.tags, gone));
        for (const [at, { instanceId }] of found.entries()) instances.setTags(instanceId, changed[at] ?? {});
        return { return: true };
      },
    }),
    DescribeTags: operation({
      input: z.object({ Filter: filters, MaxResults: int.optional(), NextToken: z.string().optional() }),
      answer: (input) => {
        const all = instances.all().flatMap((instance) => descriptions(instance, instances.shownTags.of(instance)));
        const found = all.filter((tag) => passes(tag, input.Filter));
        const { page, nextToken } = pageOf(found, input.MaxResults ?? 1000, input.NextToken);
        return { tagSet: items(page), nextToken };
      },
    }),
  };
}

function tagsOf(tags: readonly { readonly Key: string; readonly Value?: string | undefined }[]): Tags {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value ?? '']));
}

/** Of all that has tags, the peer knows instances. @throws AwsError InvalidID or as `getAll` */
function taggable(instances: Instances, ids: readonly string[]): Instance[] {
  const other = ids.find((id) => !id.startsWith('i-'));
  if (other !== undefined) throw new AwsError('InvalidID', `The ID '${other}' is not valid`);
  return instances.getAll(ids);
}

interface TagDescription {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly key: string;
  readonly value: string;
}

function descriptions({ instanceId }: Instance, tags: Tags): TagDescription[] {
  return Object.entries(tags).map(([key, value]) => ({
    resourceId: instanceId,
    resourceType: 'instance',
    key,
    value,
  }));
}

function passes(tag: TagDescription, all: Filters): boolean {
  return all.every(({ Name: name, Value: values }) => {
    const anyOf = (found: string): boolean => values.some((pattern) => like(pattern, found));
    if (name.startsWith('tag:')) return tag.key === name.slice('tag:'.length) && anyOf(tag.value);
    const fields: Readonly<Record<string, string>> = {
      'resource-id': tag.resourceId,
      'resource-type': tag.resourceType,
      key: tag.key,
      value: tag.value,
    };
    const field = fields[name];
    if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
    return anyOf(field);
  });
}
