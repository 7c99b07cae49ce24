/** What CloudFormation and IAM refuse for its size, in their words (contract 14.1). */
import { AwsError } from '../wire/aws-error.ts';
import type { Stack } from './assembly.ts';
import type { Resolver } from './intrinsics.ts';

const MOST_RESOURCES = 500;
const MOST_TEMPLATE_BYTES = 1_000_000;
const LONGEST_MANAGED_POLICY = 6_144;
const LONGEST_OWN_POLICIES = 10_240;
const MOST_POLICIES = 10;

/** @throws AwsError ValidationError of CloudFormation, LimitExceeded of IAM */
export function checkQuotas(stack: Stack, resolver: Resolver): void {
  checkTemplate(stack);
  const resources = Object.entries(stack.template.Resources);
  const policies = (type: string) =>
    resources
      .filter(([, { Type }]) => Type === type)
      .map(([, { Properties }]) => resolver.resolve(Properties) as { PolicyDocument: unknown; Roles?: string[] });
  const [own, managed] = [policies('AWS::IAM::Policy'), policies('AWS::IAM::ManagedPolicy')];
  if (managed.some(({ PolicyDocument }) => lengthOf(PolicyDocument) > LONGEST_MANAGED_POLICY)) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${LONGEST_MANAGED_POLICY}`);
  }
  for (const [logicalId, { Type, Properties }] of resources) {
    if (Type !== 'AWS::IAM::Role') continue;
    const role = String(resolver.reference(logicalId));
    const isOf = ({ Roles = [] }: { Roles?: string[] }): boolean => Roles.includes(role);
    const length = own.filter(isOf).reduce((sum, { PolicyDocument }) => sum + lengthOf(PolicyDocument), 0);
    if (length > LONGEST_OWN_POLICIES) {
      throw limitExceeded(`Maximum policy size of ${LONGEST_OWN_POLICIES} bytes exceeded for role ${role}`);
    }
    const { ManagedPolicyArns: arns = [] } = Properties as { ManagedPolicyArns?: readonly unknown[] };
    if (arns.length + managed.filter(isOf).length > MOST_POLICIES) {
      throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${MOST_POLICIES}`);
    }
  }
}

function checkTemplate({ bytes, template }: Stack): void {
  const count = Object.keys(template.Resources).length;
  if (count > MOST_RESOURCES) {
    const message = `Number of resources, ${count}, is greater than maximum allowed, ${MOST_RESOURCES}`;
    throw new AwsError('ValidationError', `Template format error: ${message}`);
  }
  if (bytes > MOST_TEMPLATE_BYTES) {
    throw new AwsError('ValidationError', `Template may not exceed ${MOST_TEMPLATE_BYTES} bytes in size.`);
  }
}

/** IAM counts no white space. */
function lengthOf(document: unknown): number {
  return JSON.stringify(document).length;
}

function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', message, 409);
}
