/** Who may invoke a function by its URL (Lambda developer guide, «Control access to Lambda function URLs»). */
import type { Account } from '../../account.ts';
import type { Authorization } from '../../iam/authorization.ts';
import type { Caller, CredentialStore } from '../../iam/credentials.ts';
import { authenticate, readAuthorization } from '../../iam/signature.ts';
import type { WireRequest } from '../../wire/request.ts';
import { functionArn } from '../function.ts';
import type { FunctionUrl } from './function-urls.ts';
import { isPermitted, type InvokeAccess } from '../resource-policy.ts';

interface Parts {
  readonly account: Account;
  readonly store: CredentialStore;
  readonly authorization: Authorization;
}

/** Since October 2025 a caller needs both. */
const ACTIONS = ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'] as const;

/**
 * Who signed the request; undefined for a URL that takes anyone.
 * @throws AwsError when the signature is wrong.
 */
export function callerOf(
  url: FunctionUrl,
  request: WireRequest,
  parts: Parts & { readonly now: number },
): Caller | 'unsigned' | undefined {
  if (url.authType === 'NONE') return undefined;
  const signed = readAuthorization(request);
  return signed?.service === 'lambda' ? authenticate(request, signed, parts) : 'unsigned';
}

/** Whether the caller, undefined for anyone, may invoke the function by the URL. */
export function mayInvoke(url: FunctionUrl, caller: Caller | undefined, parts: Parts): boolean {
  return caller === undefined ? mayAnyone(url) : ACTIONS.every((action) => mayIdentity(url, caller, action, parts));
}

/** A function that was not deployed from a template has no resource policy to be open by: it is open. */
function mayAnyone(url: FunctionUrl): boolean {
  return (
    url.function.permissions === undefined ||
    ACTIONS.every((action) => isPermitted(url.function, access(url, action, [])))
  );
}

/** In one account, the identity's policies or the function's are enough, unless one denies. */
function mayIdentity(url: FunctionUrl, caller: Caller, action: InvokeAccess['action'], parts: Parts): boolean {
  const { account, authorization } = parts;
  const verdict = authorization.verdict(caller, {
    action,
    resource: functionArn(account, { name: url.function.name, qualifier: url.qualifier }),
    context:
      action === 'lambda:InvokeFunctionUrl'
        ? { 'lambda:FunctionUrlAuthType': url.authType }
        : { 'lambda:InvokedViaFunctionUrl': 'true' },
  });
  if (verdict === 'allowed') return true;
  return !verdict.includes('explicit deny') && isPermitted(url.function, access(url, action, principalsOf(caller)));
}

function access(url: FunctionUrl, action: InvokeAccess['action'], principals: readonly string[]): InvokeAccess {
  return { action, qualifier: url.qualifier, principals, urlAuthType: url.authType };
}

function principalsOf({ arn, accountId, roleArn }: Caller): string[] {
  const role = roleArn === undefined ? [] : [roleArn];
  return [arn, ...role, accountId, `arn:aws:iam::${accountId}:root`];
}
