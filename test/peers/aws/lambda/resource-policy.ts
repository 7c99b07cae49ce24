/** The resource-based policy of a function: who may invoke it beside identities whose own policies say so. */
import type { LambdaFunction, Permission } from './function.ts';

/** An invocation to be judged. */
export interface InvokeAccess {
  readonly action: 'lambda:InvokeFunction' | 'lambda:InvokeFunctionUrl';
  readonly qualifier: string | undefined;
  /** Every name that the policy may know the caller by; none: it is anonymous. */
  readonly principals: readonly string[];
  readonly sourceArn?: string;
  /** How the function URL authenticates, when the invocation comes by one. */
  readonly urlAuthType?: 'AWS_IAM' | 'NONE';
}

/** Whether one of the function's permissions covers the access. */
export function isPermitted(fn: LambdaFunction, access: InvokeAccess): boolean {
  return (fn.permissions ?? []).some((permission) => covers(permission, access));
}

function covers(permission: Permission, access: InvokeAccess): boolean {
  const { principal, action, qualifier } = permission;
  return (
    (action === access.action || action === 'lambda:*') &&
    qualifier === access.qualifier &&
    (principal === '*' || access.principals.includes(principal)) &&
    conditionsHold(permission, access)
  );
}

function conditionsHold(permission: Permission, access: InvokeAccess): boolean {
  const { sourceArn, functionUrlAuthType: authType, invokedViaFunctionUrl: viaUrl } = permission;
  return (
    (sourceArn === undefined || sourceArn === access.sourceArn) &&
    (authType === undefined || authType === access.urlAuthType) &&
    (viaUrl === undefined || viaUrl === (access.urlAuthType !== undefined))
  );
}
