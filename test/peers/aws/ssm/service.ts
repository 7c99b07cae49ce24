/** SSM's Parameter Store on the wire: awsJson1.1. SecureString values are neither encrypted nor decrypted. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import type { Resource } from '../iam/authorization.ts';
import { AwsError } from '../wire/aws-error.ts';
import { pageOf } from '../wire/paging.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';
import type { Parameter, Parameters } from './parameters.ts';

export function ssmService(parameters: Parameters, account: Account): Service {
  const resource = (name: string): Resource => ({ arn: arn(account, 'ssm', `parameter/${name.replace(/^\//, '')}`) });
  const shape = (parameter: Parameter): Record<string, unknown> => parameterShape(parameter, account);
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
          if (parameter === undefined) throw new AwsError('ParameterNotFound', '');
          return { Parameter: shape(parameter) };
        },
      }),
      GetParameters: operation({
        input: z.object({ Names: z.array(z.string()).min(1).max(10) }),
        resources: ({ Names }) => Names.map(resource),
        answer: ({ Names }) => {
          const found = Names.flatMap((name) => parameters.find(name) ?? []);
          const missing = Names.filter((name) => parameters.find(name) === undefined);
          return { Parameters: found.map(shape), InvalidParameters: missing };
        },
      }),
      GetParametersByPath: operation({
        input: z.object({
          Path: z.string().startsWith('/'),
          Recursive: z.boolean().optional(),
          MaxResults: z.number().int().min(1).max(10).optional(),
          NextToken: z.string().optional(),
        }),
        resources: ({ Path }) => [resource(Path)],
        answer: (input) => {
          const found = parameters.under(input.Path, input.Recursive ?? false);
          const { page, nextToken } = pageOf(found, input.MaxResults ?? 10, input.NextToken);
          return { Parameters: page.map(shape), NextToken: nextToken };
        },
      }),
      PutParameter: operation({
        input: z.object({
          Name: z.string(),
          Value: z.string(),
          Type: z.enum(['String', 'StringList', 'SecureString']).optional(),
          Overwrite: z.boolean().optional(),
        }),
        resources: ({ Name }) => [resource(Name)],
        answer: (input) => put(parameters, input),
      }),
    },
    route: (request) => jsonRoute(request, 'AmazonSSM'),
  };
}

interface PutRequest {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: Parameter['type'] | undefined;
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
  const parameter = parameters.put(input.Name, input.Value, input.Type ?? existing?.type ?? 'String');
  return { Version: parameter.version, Tier: 'Standard' };
}

function parameterShape(parameter: Parameter, account: Account): Record<string, unknown> {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: parameter.modifiedAt,
    ARN: arn(account, 'ssm', `parameter/${parameter.name.replace(/^\//, '')}`),
    DataType: 'text',
  };
}
