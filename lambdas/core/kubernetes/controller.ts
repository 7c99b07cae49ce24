/**
 * Controllers, as pods name them in their owner references. A reference is the claim of whoever made the pod, and the API
 * server takes it as it is: its kind counts only together with its group, its name only if an object can have it, and what
 * is read under that name only if it bears the uid (contract 4.5).
 */
import type { Owner } from './pod.ts';
import type { Selector } from './selector.ts';

/** Kinds whose replicas and selector we may read. */
export type ReadableKind = 'ReplicaSet' | 'StatefulSet' | 'ReplicationController';

/** Kinds that Kubernetes itself brings and that decisions rest on. */
export type KnownKind = ReadableKind | 'DaemonSet' | 'Job';

const KNOWN_KINDS: ReadonlyMap<string, KnownKind> = new Map([
  ['apps/v1 ReplicaSet', 'ReplicaSet'],
  ['apps/v1 StatefulSet', 'StatefulSet'],
  ['v1 ReplicationController', 'ReplicationController'],
  ['apps/v1 DaemonSet', 'DaemonSet'],
  ['batch/v1 Job', 'Job'],
]);

/** Undefined for every other kind, also for one of the same name in another group. */
export function knownKind({ apiVersion, kind }: Pick<Owner, 'apiVersion' | 'kind'>): KnownKind | undefined {
  return KNOWN_KINDS.get(`${apiVersion} ${kind}`);
}

/** What its pods are found and counted by: what was read of it, or why nothing could be. */
export type Controller = KnownController | UnknownController;

export interface KnownController {
  readonly owner: Owner;
  /** How many pods it wants. */
  readonly replicas: number;
  readonly selector: Selector;
}

export interface UnknownController {
  readonly owner: Owner;
  /** Why it is not known, in words. */
  readonly unknown: string;
}

/** How to ask for a controller, or why it is not to be asked for. */
export type ControllerRequest = { readonly kind: ReadableKind } | { readonly unknown: string };

/**
 * A name with a slash would ask for something else: the API server decodes a path before it takes it apart, so no encoding
 * of ours keeps `web/scale` together.
 */
export function controllerRequest(owner: Owner): ControllerRequest {
  const kind = knownKind(owner);
  if (kind === undefined || kind === 'DaemonSet' || kind === 'Job') {
    return { unknown: `its kind ${owner.kind} of ${owner.apiVersion} is none that Ebb knows` };
  }
  return isObjectName(owner.name) ? { kind } : { unknown: `no ${kind} can have that name` };
}

const LONGEST_NAME = 253;

/** The names that the API lets objects have (RFC 1123 subdomains). */
function isObjectName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

/** What the server said of a controller. */
export type ControllerAnswer =
  | { readonly found: { readonly uid: string; readonly replicas: number; readonly selector: Selector } }
  | { readonly missing: true }
  /** In the server's words. */
  | { readonly refused: string };

export function controllerFrom(owner: Owner, answer: ControllerAnswer): Controller {
  if ('refused' in answer) return { owner, unknown: `it cannot be read: ${answer.refused}` };
  if ('missing' in answer) return { owner, unknown: 'it is gone' };
  const { uid, replicas, selector } = answer.found;
  return uid === owner.uid ? { owner, replicas, selector } : { owner, unknown: 'another has its name now' };
}
