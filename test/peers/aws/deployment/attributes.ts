/** What `Ref` and `Fn::GetAtt` answer for a resource, by its type; physical names are the stack's and the logical id. */
import { arn, roleArn, type Account } from '../account.ts';
import { urlDomain } from '../lambda/urls/function-urls.ts';
import type { Resource } from './assembly.ts';

export interface Attributes {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Named {
  readonly account: Account;
  readonly logicalId: string;
  /** The physical name when the template sets none. */
  readonly fallback: string;
  /** A resolved property as text. */
  readonly text: (property: string) => string | undefined;
}

const BY_TYPE: Readonly<Record<string, (named: Named) => Attributes>> = {
  'AWS::IAM::Role': ({ account, text, fallback }) => {
    const name = text('RoleName') ?? fallback;
    return { ref: name, attributes: { Arn: roleArn(account, name), RoleId: `AROA${name.slice(0, 16).toUpperCase()}` } };
  },
  'AWS::Lambda::Function': ({ account, text, fallback }) => {
    const name = text('FunctionName') ?? fallback;
    return { ref: name, attributes: { Arn: arn(account, 'lambda', `function:${name}`) } };
  },
  'AWS::Lambda::Version': ({ account, text }) => {
    const name = `function:${nameIn(text('FunctionName') ?? '')}:1`;
    return {
      ref: arn(account, 'lambda', name),
      attributes: { Version: '1', FunctionArn: arn(account, 'lambda', name) },
    };
  },
  'AWS::Lambda::Alias': ({ account, text }) => {
    const ref = arn(account, 'lambda', `function:${nameIn(text('FunctionName') ?? '')}:${text('Name') ?? ''}`);
    return { ref, attributes: { AliasArn: ref } };
  },
  'AWS::SQS::Queue': ({ account, text, fallback }) => {
    const name = text('QueueName') ?? fallback;
    const url = `https://sqs.${account.region}.amazonaws.com/${account.accountId}/${name}`;
    return { ref: url, attributes: { Arn: arn(account, 'sqs', name), QueueName: name, QueueUrl: url } };
  },
  'AWS::SNS::Topic': ({ account, text, fallback }) => {
    const name = text('TopicName') ?? fallback;
    const ref = arn(account, 'sns', name);
    return { ref, attributes: { TopicArn: ref, TopicName: name } };
  },
  'AWS::Events::Rule': ({ account, text, fallback }) => {
    const name = text('Name') ?? fallback;
    return { ref: name, attributes: { Arn: arn(account, 'events', `rule/${name}`) } };
  },
  'AWS::SSM::Parameter': ({ text, fallback }) => {
    return { ref: text('Name') ?? fallback, attributes: { Value: text('Value') ?? '', Type: text('Type') ?? '' } };
  },
  'AWS::Logs::LogGroup': ({ account, text, fallback }) => {
    const name = text('LogGroupName') ?? fallback;
    return { ref: name, attributes: { Arn: arn(account, 'logs', `log-group:${name}:*`) } };
  },
  'AWS::Lambda::Url': ({ account, text }) => {
    const target = arn(account, 'lambda', `function:${nameIn(text('TargetFunctionArn') ?? '')}`);
    const domain = urlDomain(account, target, text('Qualifier'));
    return { ref: target, attributes: { FunctionUrl: `https://${domain}/`, FunctionArn: target } };
  },
};

/** @throws Error when the peer does not know what references to that type answer. */
export function attributesOf(resource: Resource, named: Named): Attributes {
  const known = BY_TYPE[resource.Type];
  if (known === undefined)
    throw new Error(`The AWS peer cannot resolve a reference to ${named.logicalId} (${resource.Type})`);
  return known(named);
}

/** The function's name in a name or ARN, qualified or not. */
export function nameIn(reference: string): string {
  const parts = reference.split(':');
  return parts.length === 1 ? reference : (parts[6] ?? reference);
}
