/**
 * Controllers, as pods name them in their owner references (contract 4.5). A reference is only a claim: the API server
 * does not check it. So Ebb believes the kind only together with its API group, the name only if an object can have it,
 * and the object of that name only if it has the uid.
 */
import type { Owner } from './pod.ts';
import type { Selector } from './selector.ts';

/** Kinds whose replicas and selector Ebb may read. */
export type ReadableKind = 'ReplicaSet' | 'StatefulSet' | 'ReplicationController';

/** Built-in kinds that decisions depend on. */
export type KnownKind = ReadableKind | 'DaemonSet' | 'Job';

const KNOWN_KINDS: ReadonlyMap<string, KnownKind> = new Map([
  ['apps/v1 ReplicaSet', 'ReplicaSet'],
  ['apps/v1 StatefulSet', 'StatefulSet'],
  ['v1 ReplicationController', 'ReplicationController'],
  ['apps/v1 DaemonSet', 'DaemonSet'],
  ['batch/v1 Job', 'Job'],
]);

/** The known kind; undefined for every other kind, and for one of the same name in another API group. */
export function knownKind({ apiVersion, kind }: Pick<Owner, 'apiVersion' | 'kind'>): KnownKind | undefined {
  return KNOWN_KINDS.get(`${apiVersion} ${kind}`);
}

/** A controller as it was read, or why it could not be read. Its pods are found and counted by it. */
export type Controller = KnownController | UnknownController;

export interface KnownController {
  readonly owner: Owner;
  /** Number of pods that it should have. */
  readonly replicas: number;
  readonly selector: Selector;
}

export interface UnknownController {
  readonly owner: Owner;
  /** Reason in words. */
  readonly unknown: string;
}

/** How to read a controller, or why Ebb must not read it. */
export type ControllerRequest = { readonly kind: ReadableKind } | { readonly unknown: string };

/**
 * Returns how to read the controller. A name with a slash is refused, because it would read another resource: the API
 * server decodes a path before it splits it, so no encoding keeps `web/scale` together.
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

/** The server's answer about a controller. */
export type ControllerAnswer =
  | { readonly found: { readonly uid: string; readonly replicas: number; readonly selector: Selector } }
  | { readonly missing: true }
  /** The refusal in the server's words. */
  | { readonly refused: string };

export function controllerFrom(owner: Owner, answer: ControllerAnswer): Controller {
  if ('refused' in answer) return { owner, unknown: `it cannot be read: ${answer.refused}` };
  if ('missing' in answer) return { owner, unknown: 'it is gone' };
  const { uid, replicas, selector } = answer.found;
  return uid === owner.uid ? { owner, replicas, selector } : { owner, unknown: 'another has its name now' };
}
