/** Whether a caller may do what it asks: the roles and their policies, and the words of a refusal. */
import { AwsError } from '../wire/aws-error.ts';
import type { Service } from '../wire/service.ts';
import type { Caller } from './credentials.ts';
import { managedPolicy } from './managed-policies.ts';
import { covers, readPolicy, type Access, type Context, type Statement } from './policy.ts';

/** A resource that a call touches. */
export interface Resource {
  readonly arn: string;
  /** Its tags, which policies see as `aws:ResourceTag/...` and `<service>:ResourceTag/...`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The tags that the request sets or takes away, which policies see as `aws:RequestTag/...` and `aws:TagKeys`. */
  readonly requestTags?: Readonly<Record<string, string>>;
}

export class Authorization {
  readonly #statements = new Map<string, Statement[]>();

  /** Makes a role known, without permissions unless given. */
  addRole(
    roleArn: string,
    options: { policies?: readonly unknown[]; managedPolicyArns?: readonly string[] } = {},
  ): void {
    const managed = (options.managedPolicyArns ?? []).map(managedPolicy);
    this.#statements.set(roleArn, [...(options.policies ?? []), ...managed].flatMap(readPolicy));
  }

  /** Adds an inline policy to a known role. */
  attach(roleArn: string, policy: unknown): void {
    const statements = this.#statements.get(roleArn);
    if (statements === undefined) throw new Error(`The AWS peer knows no role ${roleArn}`);
    statements.push(...readPolicy(policy));
  }

  /** @throws AwsError in the service's own code, naming action and resource, when a resource is not allowed. */
  check(service: Service, action: string, request: { caller: Caller; resources: readonly Resource[] }): void {
    const { caller, resources } = request;
    const name = `${service.iamPrefix}:${action}`;
    for (const resource of resources) {
      const context = contextOf(service, resource);
      const verdict = this.verdict(caller, { action: name, resource: resource.arn, context });
      if (verdict !== 'allowed') throw denied(service, `${describe(caller, name, resource)} ${verdict}`);
    }
  }

  /** What the caller's own policies say of an access: `allowed`, or the words of a refusal that give the reason. */
  verdict({ roleArn }: Pick<Caller, 'roleArn'>, access: Access): string {
    return roleArn === undefined ? 'allowed' : judge(this.#statements.get(roleArn) ?? [], access);
  }
}

function judge(statements: readonly Statement[], access: Access): string {
  const applying = statements.filter((statement) => covers(statement, access));
  if (applying.some((statement) => statement.Effect === 'Deny'))
    return 'with an explicit deny in an identity-based policy';
  if (applying.length > 0) return 'allowed';
  return `because no identity-based policy allows the ${access.action} action`;
}

function contextOf(service: Service, { tags = {}, requestTags = {} }: Resource): Context {
  const context: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(tags)) {
    context[`aws:ResourceTag/${name}`] = value;
    context[`${service.iamPrefix}:ResourceTag/${name}`] = value;
  }
  for (const [name, value] of Object.entries(requestTags)) context[`aws:RequestTag/${name}`] = value;
  const keys = Object.keys(requestTags);
  if (keys.length > 0) context['aws:TagKeys'] = keys;
  return context;
}

function describe(caller: Caller, action: string, resource: Resource): string {
  return `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource.arn}`;
}

function denied(service: Service, message: string): AwsError {
  const text = service.protocol === 'ec2' ? `You are not authorized to perform this operation. ${message}` : message;
  return new AwsError(service.deniedCode, text, service.protocol === 'json' ? 400 : 403);
}
