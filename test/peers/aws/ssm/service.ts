/** SSM's Parameter Store on the wire: awsJson1.1. SecureString values are neither encrypted nor decrypted. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import type { Resource } from '../iam/authorization.ts';
import { AwsError } from '../wire/aws-error.ts';
import { pageOf } from '../wire/paging.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';
import { referenceOf, type Parameter, type Parameters } from './parameters.ts';
import { checkValue, type ParameterTier } from './quotas.ts';

export function ssmService(parameters: Parameters, account: Account): Service {
  const resource = (reference: string): Resource => ({ arn: parameterArn(referenceOf(reference).name, account) });
  const shape = (parameter: Parameter, reference = ''): Record<string, unknown> => {
    const { selector } = referenceOf(reference);
    const isTold = selector !== undefined && parameters.tellsSelectors;
    return { ...parameterShape(parameter, account), Selector: isTold ? `:${selector}` : undefined };
  };
  return {
    scope: 'ssm',
    iamPrefix: 'ssm',
    protocol: 'json',
    invalidCode: 'ValidationException',
    deniedCode: 'AccessDeniedException',
    operations: {
      GetParameter: operation({
        input: z.object({ Name: z.string() }),
        resources: ({ Name }) => [resource(Name)],
        answer: ({ Name }) => {
          const parameter = parameters.find(Name);
          if (parameter === undefined) throw absent(parameters, Name);
          return { Parameter: shape(parameter, Name) };
        },
      }),
      GetParameters: operation({
        input: z.object({ Names: z.array(z.string()).min(1).max(10) }),
        resources: ({ Names }) => Names.map(resource),
        answer: ({ Names }) => {
          for (const name of Names) checkName(name);
          const found = Names.flatMap((name) => {
            const parameter = parameters.find(name);
            return parameter === undefined ? [] : [shape(parameter, name)];
          });
          const missing = Names.filter((name) => parameters.find(name) === undefined);
          return { Parameters: found.sort(byName), InvalidParameters: missing };
        },
      }),
      GetParametersByPath: operation({
        input: z.object({
          Path: z.string().startsWith('/'),
          Recursive: z.boolean().optional(),
          MaxResults: z.number().int().min(1).max(10).optional(),
          NextToken: z.string().optional(),
        }),
        // The path itself, and what stands under it: a policy that allows the one alone is refused.
        resources: ({ Path }) => [resource(Path.replace(/\/$/, '')), resource(Path.replace(/\/?$/, '/'))],
        answer: (input) => {
          const found = parameters.under(input.Path, input.Recursive ?? false);
          const { page, nextToken } = pageOf(found, input.MaxResults ?? 10, input.NextToken);
          return { Parameters: page.map((each) => shape(each)), NextToken: nextToken };
        },
      }),
      PutParameter: operation({
        input: z.object({
          Name: z.string(),
          Value: z.string(),
          Type: z.enum(['String', 'StringList', 'SecureString']).optional(),
          Tier: z.enum(['Standard', 'Advanced']).default('Standard'),
          Overwrite: z.boolean().optional(),
        }),
        resources: ({ Name }) => [resource(Name)],
        answer: (input) => put(parameters, input),
      }),
      DeleteParameter: operation({
        input: z.object({ Name: z.string() }),
        resources: ({ Name }) => [resource(Name)],
        answer: ({ Name }) => {
          if (parameters.find(Name) === undefined) throw absent(parameters, Name);
          parameters.delete(Name);
          return {};
        },
      }),
    },
    route: (request) => jsonRoute(request, 'AmazonSSM'),
  };
}

/** One name that no parameter can have fails the whole call. */
function checkName(name: string): void {
  if (/^[\w./:-]+$/.test(name)) return;
  const message = 'Parameter name: only a mix of letters, numbers and the symbols .-_/ is allowed';
  throw new AwsError('ValidationException', message);
}

interface PutRequest {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: Parameter['type'] | undefined;
  readonly Tier: ParameterTier;
  readonly Overwrite?: boolean | undefined;
}

function put(parameters: Parameters, input: PutRequest): Record<string, unknown> {
  if (/^\/?(aws|ssm)/i.test(input.Name)) {
    throw new AwsError(
      'ValidationException',
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`,
    );
  }
  const existing = parameters.find(input.Name);
  if (existing !== undefined && input.Overwrite !== true) {
    const message =
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
    throw new AwsError('ParameterAlreadyExists', message);
  }
  checkValue(input.Value, input.Tier);
  const parameter = parameters.put(input.Name, input.Value, input.Type ?? existing?.type ?? 'String');
  return { Version: parameter.version, Tier: input.Tier };
}

function absent(parameters: Parameters, reference: string): AwsError {
  const { name, selector } = referenceOf(reference);
  if (selector === undefined || parameters.find(name) === undefined) return new AwsError('ParameterNotFound', '');
  const message = `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`;
  return new AwsError('ParameterVersionNotFound', message);
}

function byName(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return String(a.Name) < String(b.Name) ? -1 : 1;
}

/** A public parameter is no account's. */
function parameterArn(name: string, account: Account): string {
  if (name.startsWith('arn:')) return name;
  const isPublic = name.startsWith('/aws/service/');
  return arn(isPublic ? { ...account, accountId: '' } : account, 'ssm', `parameter/${name.replace(/^\//, '')}`);
}

function parameterShape(parameter: Parameter, account: Account): Record<string, unknown> {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: parameter.modifiedAt,
    ARN: parameterArn(parameter.name, account),
    DataType: 'text',
  };
}
