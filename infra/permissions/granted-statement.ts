/**
 * IAM statements that give a reason for each wildcard, and keep within IAM's limits (contract 14.1). Long lists of
 * resources are split over statements, and what does not fit into the role's own policy goes into managed ones. The CDK
 * splits too, but never within a statement, and counts 150 characters for each ARN.
 */
import { Stack, Token, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, type PolicyStatementProps, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { policyLength } from '../limits/policy-length.ts';

export interface GrantedStatement extends Pick<PolicyStatementProps, 'conditions'> {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Reason for a wildcard in a resource. cdk-nag finds every wildcard without one. */
  readonly wildcardReason?: string;
}

/** Characters for statements in a role's own policies, of 10,240. The CDK adds others, for logs and queues. */
const MOST_OWN = 6_000;

/** Characters for statements in a managed policy, of 6,144. The rest is what surrounds them. */
const MOST_MANAGED = 6_000;

/** Grants the statements: in the role's own policy as far as they fit, the others in managed policies. */
export function grantAll(role: Role, statements: readonly GrantedStatement[]): void {
  const documents: { length: number; statements: PolicyStatement[] }[] = [{ length: 0, statements: [] }];
  for (const granted of statements.flatMap((statement) => split(role, statement))) {
    const statement = statementOf(granted);
    const length = policyLength(Stack.of(role), statement.toStatementJson());
    const most = (index: number): number => (index === 0 ? MOST_OWN : MOST_MANAGED);
    let document = documents.find((each, index) => each.length + length <= most(index));
    if (document === undefined) documents.push((document = { length: 0, statements: [] }));
    document.length += length;
    document.statements.push(statement);
    acknowledge(role, granted);
  }
  const [own, ...managed] = documents;
  for (const statement of own?.statements ?? []) role.addToPolicy(statement);
  for (const [index, document] of managed.entries()) {
    new ManagedPolicy(role, `More${index + 1}`, { roles: [role], statements: document.statements });
  }
}

/** Splits a statement until each part fits into a managed policy. */
function split(role: Role, statement: GrantedStatement): GrantedStatement[] {
  const lengths = statement.resources.map((resource) => policyLength(Stack.of(role), resource) + 1);
  const around = policyLength(Stack.of(role), statementOf({ ...statement, resources: ['*'] }).toStatementJson());
  const parts: string[][] = [[]];
  let length = around;
  for (const [index, resource] of statement.resources.entries()) {
    const own = lengths[index] ?? 0;
    if (length + own > MOST_MANAGED && parts.at(-1)?.length !== 0) {
      parts.push([]);
      length = around;
    }
    parts.at(-1)?.push(resource);
    length += own;
  }
  return parts.map((resources) => ({ ...statement, resources }));
}

function statementOf({ actions, resources, conditions }: GrantedStatement): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources], ...(conditions && { conditions }) });
}

/** Tells cdk-nag the reason for each wildcard. */
export function acknowledge(
  holder: Construct,
  { resources, wildcardReason }: Pick<GrantedStatement, 'resources' | 'wildcardReason'>,
): void {
  if (wildcardReason === undefined) return;
  for (const resource of resources) {
    const id = `AwsSolutions-IAM5[Resource::${asFound(holder, resource)}]`;
    Validations.of(holder).acknowledge({ id, reason: wildcardReason });
  }
}

/** Returns the ARN as cdk-nag prints it: what is known only at deployment is a name in angle brackets. */
function asFound(holder: Construct, arn: string): string {
  if (!Token.isUnresolved(arn)) return arn;
  const resolved = Stack.of(holder).resolve(arn) as { 'Fn::Join': [string, (string | Reference)[]] };
  return resolved['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : `<${nameOf(part)}>`)).join('');
}

type Reference = { readonly Ref: string } | { readonly 'Fn::GetAtt': readonly string[] };

function nameOf(reference: Reference): string {
  return 'Ref' in reference ? reference.Ref : reference['Fn::GetAtt'].join('.');
}
