/**
 * Whose a group, a hook and a retirement are, where several installations stand side by side in one account and region,
 * each with groups of its own (contract 15.2). Pure.
 */

/** Where we are, and which of the installations there. */
export interface Home {
  readonly account: string;
  readonly region: string;
  /** Its name. @default the default's */
  readonly installation?: string;
}

/** What an installation is called whose configuration says nothing else. */
export const DEFAULT_NAME = 'ebb';

/** A group with this tag may be drained although no configuration names it; the value says by which installation. */
export const MANAGED_TAG = 'ebb/managed';

/** The value of the tag. @param installation its name @default the default's */
export function managedValue(installation: string = DEFAULT_NAME): string {
  return installation === DEFAULT_NAME ? 'true' : installation;
}

/** The metadata of our hook, by which a retirement knows the cluster (contract 1.5) and other installations us. */
export function hookMetadata(about: { readonly cluster: string; readonly installation: string }): string {
  return JSON.stringify(about);
}

/** Which installation put the hook there; undefined when it says nothing of that, as one that a person has made. */
export function installationOfHook(metadata: string | undefined): string | undefined {
  try {
    const parsed: unknown = JSON.parse(metadata ?? 'null');
    if (typeof parsed !== 'object' || parsed === null || !('installation' in parsed)) return undefined;
    return typeof parsed.installation === 'string' ? parsed.installation : undefined;
  } catch {
    return undefined;
  }
}

/** What follows the name of the installation, or the account, in the name of an execution. */
const HASH = /^[0-9a-f]{8}$/;

/** Whether the execution is a retirement of that instance which another installation of this account has started. */
export function isAnothers(execution: string, { home, instance }: { home: Home; instance: string }): boolean {
  const where = `-${home.region}-${instance}-`;
  const at = execution.indexOf(where);
  if (at <= 0 || !HASH.test(execution.slice(at + where.length))) return false;
  const bearer = execution.slice(0, at);
  return bearer !== bearerOf(home) && (bearer === home.account || /^[a-z]/.test(bearer));
}

/**
 * What the name of an execution begins with: the account, or, of an installation with a name of its own, that name in its
 * place. Lambda has room for one of the two beside the region (contract 1.6), and the execution's ARN tells the account.
 */
export function bearerOf({ account, installation = DEFAULT_NAME }: Home): string {
  return installation === DEFAULT_NAME ? account : installation;
}
