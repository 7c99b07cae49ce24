/** Replacing stored objects, by update or patch: versions, what each subresource may change, validation. */
import type { KubeObject } from './objects.ts';
import type { RequestInfo } from './request-info.ts';
import { qualified, type Resource } from './resources.ts';
import { badRequest, modifiedMeanwhile, Refusal } from './status.ts';
import type { ObjectStore } from './store.ts';
import { validate } from './validation.ts';

/**
 * Stores `sent` in the place of `current`. A resourceVersion in it must be the stored one (409), absent means
 * whatever is there. The status is changed by the status subresource only, and that changes nothing of the spec.
 */
export function updateObject(
  store: ObjectStore,
  resource: Resource,
  { current, sent, subresource }: { current: KubeObject; sent: KubeObject; subresource: string },
  dryRun: boolean,
): KubeObject {
  checkIdentity(resource, current, sent);
  const next = allowedChange(resource, { current, sent, subresource });
  validate(resource, next);
  return dryRun ? next : store.replace(resource, current, next);
}

/** The dryRun query: `All` or nothing. */
export function isDryRun({ query }: RequestInfo): boolean {
  const values = query.getAll('dryRun');
  if (values.some((value) => value !== 'All')) throw badRequest(`invalid dryRun: ${values.join(', ')}`);
  return values.length > 0;
}

function checkIdentity(resource: Resource, { metadata }: KubeObject, sent: KubeObject): void {
  const { name, uid, resourceVersion } = sent.metadata;
  if (name !== metadata.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${metadata.name})`);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) throw modifiedMeanwhile(resource, name);
  if (uid && uid !== metadata.uid) throw otherUid(resource, metadata, uid);
}

function allowedChange(
  { subresources }: Resource,
  { current, sent, subresource }: { current: KubeObject; sent: KubeObject; subresource: string },
): KubeObject {
  const { metadata } = current;
  const kept = {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    uid: metadata.uid,
    creationTimestamp: metadata.creationTimestamp,
    resourceVersion: metadata.resourceVersion,
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
  };
  const next = { ...sent, apiVersion: current.apiVersion, kind: current.kind };
  next.metadata = { ...sent.metadata, ...kept };
  keepDeletion(next, current);
  if (subresource === 'status') return { ...current, metadata: next.metadata, status: sent.status };
  return subresources.includes('status') ? { ...next, status: current.status } : next;
}

function keepDeletion(next: KubeObject, { metadata }: KubeObject): void {
  delete next.metadata.deletionTimestamp;
  delete next.metadata.deletionGracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp !== undefined) next.metadata.deletionTimestamp = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) next.metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds;
}

function otherUid(resource: Resource, { name, uid }: KubeObject['metadata'], wanted: string): Refusal {
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  return new Refusal(409, {
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    reason: 'Conflict',
    details: { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural },
  });
}
