/** Launch templates on EC2's wire. */
import { z } from 'zod';
import type { Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import { items } from '../wire/answer.ts';
import { bool, int, strings } from '../wire/fields.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Operation } from '../wire/service.ts';
import type {
  InstanceRequirements,
  LaunchTemplate,
  LaunchTemplates,
  LaunchTemplateVersion,
  TemplateName,
} from './launch-templates.ts';

const request = z.object({
  LaunchTemplateId: z.string().optional(),
  LaunchTemplateName: z.string().optional(),
  LaunchTemplateVersion: strings,
  MinVersion: int.optional(),
  MaxVersion: int.optional(),
  ResolveAlias: bool.optional(),
  MaxResults: int.min(1).max(200).optional(),
  NextToken: z.string().optional(),
});
type Request = z.infer<typeof request>;

/** EC2's own words. */
const OF_ALL_TEMPLATES =
  'To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.';

export function launchTemplateOperations(templates: LaunchTemplates, account: Account): Record<string, Operation> {
  return {
    DescribeLaunchTemplateVersions: operation({
      input: request,
      answer: (input) => {
        if (input.ResolveAlias === true) {
          throw new AwsError('InvalidAction', 'The AWS peer does not implement ResolveAlias', 400);
        }
        const { page, nextToken } = pageOf(wanted(templates, input), input.MaxResults ?? 200, input.NextToken);
        return { launchTemplateVersionSet: items(page.map((each) => versionShape(each, account))), nextToken };
      },
    }),
  };
}

interface Found {
  readonly template: LaunchTemplate;
  readonly version: LaunchTemplateVersion;
}

/** Each version once, however often it is asked for; the newest of a template first. */
function wanted(templates: LaunchTemplates, input: Request): Found[] {
  const { LaunchTemplateVersion: versions, MinVersion: least = 1, MaxVersion: most = Infinity } = input;
  const named = templateName(input);
  if (named === undefined && (versions.length === 0 || versions.some((version) => !version.startsWith('$')))) {
    throw new AwsError('InvalidParameterValue', OF_ALL_TEMPLATES);
  }
  const of = named === undefined ? templates.all() : [templates.get(named)];
  return of.flatMap((template) => {
    const found = versions.map((version) => templates.version(template, version));
    const all = versions.length === 0 ? [...template.versions.values()] : [...new Set(found)];
    return all
      .filter(({ number }) => number >= least && number <= most)
      .sort((a, b) => b.number - a.number)
      .map((version) => ({ template, version }));
  });
}

/** A parameter that is sent empty is as one that is not sent: then all templates are asked for. */
function templateName(request: Request): TemplateName | undefined {
  const [id, name] = [request.LaunchTemplateId, request.LaunchTemplateName].map((sent) =>
    sent === '' ? undefined : sent,
  );
  if (id !== undefined && name !== undefined) {
    const message = 'Only one of LaunchTemplateId and LaunchTemplateName may be specified.';
    throw new AwsError('InvalidParameterCombination', message);
  }
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name };
}

function versionShape({ template, version }: Found, account: Account): Record<string, unknown> {
  const { imageId, instanceType, instanceRequirements } = version.data;
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    versionNumber: version.number,
    createTime: version.createdAt,
    createdBy: `arn:aws:iam::${account.accountId}:user/administrator`,
    defaultVersion: version.number === template.defaultVersion,
    launchTemplateData: {
      imageId,
      instanceType,
      instanceRequirements: instanceRequirements && requirementsShape(instanceRequirements),
    },
  };
}

function requirementsShape({ vCpuCount, memoryMiB }: InstanceRequirements): Record<string, unknown> {
  return { vCpuCount, memoryMiB };
}
