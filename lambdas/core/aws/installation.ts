/**
 * Installations: which one a group, a hook or a retirement belongs to, when one account and region has several, each
 * with groups of its own (contract 15.2). Pure.
 */

import { createHash } from 'node:crypto';

/** Account and region of an installation, and its name there. */
export interface Home {
  readonly account: string;
  readonly region: string;
  /** Its name. @default `DEFAULT_NAME` */
  readonly installation?: string;
}

/** Name of an installation whose configuration names none. */
export const DEFAULT_NAME = 'ebb';

/** Name of Ebb's hook for launches. It is on the groups of clusters that wait for their nodes (contract 1.2). */
export const LAUNCH_HOOK = 'ebb-join';

/** Tag of a group that may be drained although no configuration names it. Its value says by which installation. */
export const MANAGED_TAG = 'ebb/managed';

/** Tags of an instance that a retirement has detached: the group that it was in, and the rotation, if one asked for it. */
export const DETACHED_FROM_TAG = 'ebb/detached-from';
export const ROTATION_TAG = 'ebb/rotation';

/** The value of `MANAGED_TAG`. @param installation name @default `DEFAULT_NAME` */
export function managedValue(installation: string = DEFAULT_NAME): string {
  return installation === DEFAULT_NAME ? 'true' : installation;
}

/** Metadata of Ebb's hook: the cluster, for retirements (contract 1.5), and the installation that made the hook. */
export function hookMetadata(about: { readonly cluster: string; readonly installation: string }): string {
  return JSON.stringify(about);
}

/** The installation that made the hook; undefined when the metadata names none, as in a hook that a person made. */
export function installationOfHook(metadata: string | undefined): string | undefined {
  try {
    const parsed: unknown = JSON.parse(metadata ?? 'null');
    if (typeof parsed !== 'object' || parsed === null || !('installation' in parsed)) return undefined;
    return typeof parsed.installation === 'string' ? parsed.installation : undefined;
  } catch {
    return undefined;
  }
}

/** The part of an execution's name that says which machine: an instance's id, or a hash where a node has none. */
export function machineInName(instance: string): string {
  if (instance.startsWith('i-')) return instance;
  return `node-${createHash('sha256').update(instance).digest('hex').slice(0, 10)}`;
}

/** The last part of an execution's name. */
const HASH = /^[0-9a-f]{8}$/;

/** Whether another installation in this account started the execution as a retirement of the instance. */
export function isAnothers(execution: string, { home, instance }: { home: Home; instance: string }): boolean {
  const where = `-${home.region}-${machineInName(instance)}-`;
  const at = execution.indexOf(where);
  if (at <= 0 || !HASH.test(execution.slice(at + where.length))) return false;
  const bearer = execution.slice(0, at);
  return bearer !== bearerOf(home) && (bearer === home.account || /^[a-z]/.test(bearer));
}

/**
 * The first part of an execution's name: the installation's name, or the account if it has the default name. Lambda's
 * limit allows only one of the two beside the region (contract 1.6), and the execution's ARN has the account anyway.
 */
export function bearerOf({ account, installation = DEFAULT_NAME }: Home): string {
  return installation === DEFAULT_NAME ? account : installation;
}
