/** Resolves CloudFormation's intrinsic functions; one that it does not know is an error. */
import { z } from 'zod';
import type { Account } from '../account.ts';
import type { Stack } from './assembly.ts';
import { attributesOf, type Attributes } from './attributes.ts';

type Intrinsic = (resolver: Resolver, operand: unknown) => unknown;

const NO_VALUE = Symbol('AWS::NoValue');

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (resolver, operand) => resolver.reference(z.string().parse(operand)),
  'Fn::GetAtt': (resolver, operand) => {
    const [logicalId = '', attribute = ''] =
      typeof operand === 'string' ? operand.split('.') : z.array(z.string()).parse(operand);
    return resolver.attribute(logicalId, attribute);
  },
  'Fn::Sub': (resolver, operand) => substitute(resolver, operand),
  'Fn::Join': (resolver, operand) => {
    const [separator, parts] = z.tuple([z.string(), z.unknown()]).parse(operand);
    return z.array(z.unknown()).parse(resolver.resolve(parts)).map(String).join(separator);
  },
  'Fn::Select': (resolver, operand) => {
    const [index, list] = z.tuple([z.coerce.number(), z.unknown()]).parse(operand);
    return z.array(z.unknown()).parse(resolver.resolve(list))[index];
  },
  'Fn::Split': (resolver, operand) => {
    const [separator, text] = z.tuple([z.string(), z.unknown()]).parse(operand);
    return String(resolver.resolve(text)).split(separator);
  },
  'Fn::FindInMap': (resolver, operand) => {
    const keys = z
      .array(z.unknown())
      .length(3)
      .parse(operand)
      .map((key) => String(resolver.resolve(key)));
    return resolver.mapped(keys);
  },
  'Fn::If': (resolver, operand) => {
    const [condition, yes, no] = z.tuple([z.string(), z.unknown(), z.unknown()]).parse(operand);
    return resolver.resolve(resolver.condition(condition) ? yes : no);
  },
  'Fn::Equals': (resolver, operand) => {
    const [left, right] = z
      .tuple([z.unknown(), z.unknown()])
      .parse(operand)
      .map((each) => resolver.resolve(each));
    return left === right;
  },
  'Fn::Not': (resolver, operand) => resolver.resolve(z.array(z.unknown()).length(1).parse(operand)[0]) !== true,
  'Fn::And': (resolver, operand) =>
    z
      .array(z.unknown())
      .parse(operand)
      .every((each) => resolver.resolve(each) === true),
  'Fn::Or': (resolver, operand) =>
    z
      .array(z.unknown())
      .parse(operand)
      .some((each) => resolver.resolve(each) === true),
  Condition: (resolver, operand) => resolver.condition(z.string().parse(operand)),
};

const INTRINSIC = /^(Ref|Condition|Fn::.+)$/;

function intrinsic(resolver: Resolver, [name, operand]: [string, unknown]): unknown {
  const resolve = INTRINSICS[name];
  if (resolve === undefined) throw new Error(`The AWS peer does not know ${name}`);
  // A property of a resource may be called Condition, as in a policy: only a text names a condition of the template.
  if (name === 'Condition' && typeof operand !== 'string') return { [name]: resolver.resolve(operand) };
  return resolve(resolver, operand);
}

export class Resolver {
  readonly #stack: Stack;
  readonly #account: Account;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(stack: Stack, account: Account, parameters: Readonly<Record<string, string>>) {
    this.#stack = stack;
    this.#account = account;
    this.#parameters = parameters;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each)).filter((each) => each !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (entries.length === 1 && only !== undefined && INTRINSIC.test(only[0])) return intrinsic(this, only);
    const resolved = entries.map(([key, each]) => [key, this.resolve(each)] as const);
    return Object.fromEntries(resolved.filter(([, each]) => each !== NO_VALUE));
  }

  reference(name: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (name.startsWith('AWS::')) return this.#pseudo(name);
    const parameter = this.#stack.template.Parameters[name];
    if (parameter === undefined) return this.#attributes(name).ref;
    const value = this.#parameters[name] ?? parameter.Default;
    if (value === undefined) throw new Error(`Stack ${this.#stack.name}: parameter ${name} has no value`);
    return value;
  }

  attribute(logicalId: string, name: string): string {
    const value = this.#attributes(logicalId).attributes[name];
    if (value === undefined) throw new Error(`The AWS peer does not know attribute ${name} of ${logicalId}`);
    return value;
  }

  condition(name: string): boolean {
    return this.resolve(this.#stack.template.Conditions[name]) === true;
  }

  mapped([map = '', top = '', second = '']: string[]): unknown {
    const value = this.#stack.template.Mappings[map]?.[top]?.[second];
    if (value === undefined) throw new Error(`Stack ${this.#stack.name}: no mapping ${map}.${top}.${second}`);
    return value;
  }

  #attributes(logicalId: string): Attributes {
    const resource = this.#stack.template.Resources[logicalId];
    if (resource === undefined) throw new Error(`Stack ${this.#stack.name} has no resource or parameter ${logicalId}`);
    const text = (property: string): string | undefined => {
      const value = this.resolve(resource.Properties[property]);
      return value === undefined ? undefined : z.coerce.string().parse(value);
    };
    const fallback = `${this.#stack.name}-${logicalId}`.slice(0, 64);
    return attributesOf(resource, { account: this.#account, logicalId, fallback, text });
  }

  #pseudo(name: string): string {
    const { accountId, region } = this.#account;
    const known: Readonly<Record<string, string>> = {
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.#stack.name,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${this.#stack.name}/0`,
    };
    const value = known[name];
    if (value === undefined) throw new Error(`The AWS peer does not know ${name}`);
    return value;
  }
}

function substitute(resolver: Resolver, operand: unknown): string {
  const [text, own] =
    typeof operand === 'string'
      ? [operand, {}]
      : z.tuple([z.string(), z.record(z.string(), z.unknown())]).parse(operand);
  return text.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (name in own) return String(resolver.resolve(own[name]));
    const [logicalId = '', attribute] = name.split('.');
    return String(attribute === undefined ? resolver.reference(name) : resolver.attribute(logicalId, attribute));
  });
}
