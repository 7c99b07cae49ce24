/** IAM statements that say why, where they reach further than one named resource. */
import { Stack, Token, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, type Role } from 'aws-cdk-lib/aws-iam';

export interface GrantedStatement extends Omit<PolicyStatementProps, 'actions' | 'resources'> {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Why a resource has a wildcard in it; cdk-nag finds every one that has no such reason. */
  readonly wildcardReason?: string;
}

export function grant(role: Role, { actions, resources, wildcardReason, ...conditions }: GrantedStatement): void {
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], ...conditions }));
  if (wildcardReason === undefined) return;
  for (const resource of resources) {
    const id = `AwsSolutions-IAM5[Resource::${asFound(role, resource)}]`;
    Validations.of(role).acknowledge({ id, reason: wildcardReason });
  }
}

/** The ARN as cdk-nag prints it: what is known only at deployment stands as its name in angle brackets. */
function asFound(role: Role, arn: string): string {
  if (!Token.isUnresolved(arn)) return arn;
  const resolved = Stack.of(role).resolve(arn) as { 'Fn::Join': [string, (string | { Ref: string })[]] };
  return resolved['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`)).join('');
}
