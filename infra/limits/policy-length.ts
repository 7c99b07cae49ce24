/**
 * Length of a policy or a part of it, as IAM counts it, characters. References stand for values that are known only
 * when it is deployed: each counts as its longest value.
 */
import type { Stack } from 'aws-cdk-lib';

/** Longest values, by the name of the reference. */
const LONGEST: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '123456789012',
};

/** Longest ARN: of a function with a name of 64 characters and an alias, or of a queue with one of 80. */
const LONGEST_ARN = 'x'.repeat(140);

/** @param value as the template has it, or with tokens */
export function policyLength(stack: Stack, value: unknown): number {
  return lengthOf(stack.resolve(value));
}

/** @param value as the template has it */
export function lengthOf(value: unknown): number {
  return JSON.stringify(known(value)).length;
}

function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const { Ref: reference, 'Fn::Join': join } = fields;
  if (typeof reference === 'string') return LONGEST[reference] ?? LONGEST_ARN;
  if ('Fn::GetAtt' in fields || 'Fn::Sub' in fields) return LONGEST_ARN;
  if (Array.isArray(join)) {
    const [separator, parts] = join as [string, unknown[]];
    return parts.map(known).join(separator);
  }
  return Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, known(each)]));
}
