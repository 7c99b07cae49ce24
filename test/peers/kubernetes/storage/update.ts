/** Replacing stored objects, by update or patch: versions, what each subresource may change, validation. */
import type { KubeObject, PodSpec } from './objects.ts';
import type { RequestInfo } from '../api/request-info.ts';
import { qualified, type Resource } from './resources.ts';
import { badRequest, type Cause, invalid, invalidOptions, modifiedMeanwhile, Refusal } from '../api/status.ts';
import type { ObjectStore } from './store.ts';
import { type Passes, validate } from './validation.ts';

export interface ObjectChange {
  readonly current: KubeObject;
  readonly sent: KubeObject;
  readonly subresource: string;
  readonly verb: 'update' | 'patch';
}

/**
 * Stores `sent` in the place of `current`. A resourceVersion in it must be the stored one (409), absent means
 * whatever is there. The status is changed by the status subresource only, and that changes nothing of the spec.
 */
export function updateObject(
  store: ObjectStore,
  resource: Resource,
  { current, sent, subresource, verb }: ObjectChange,
  dryRun: boolean,
): KubeObject {
  checkIdentity(resource, current, { sent, verb });
  const next = allowedChange(resource, { current, sent, subresource });
  validate(resource, next, passesOf(resource, subresource));
  checkFrozen(resource, current, next);
  return dryRun ? next : store.replace(resource, current, next);
}

/** The dryRun query: `All` or nothing. */
export function isDryRun({ query, verb }: RequestInfo): boolean {
  const values = query.getAll('dryRun');
  const wrong = values.find((value) => value !== 'All');
  if (wrong !== undefined) throw invalidOptions(OPTIONS[verb] ?? 'CreateOptions', unsupportedDryRun(wrong));
  return values.length > 0;
}

const OPTIONS: Readonly<Record<string, string>> = {
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
};

function unsupportedDryRun(value: string): Cause {
  const message = `Unsupported value: "${value}": supported values: "All"`;
  return { reason: 'FieldValueNotSupported', message, field: 'dryRun' };
}

function checkIdentity(
  resource: Resource,
  { metadata }: KubeObject,
  { sent, verb }: Pick<ObjectChange, 'sent' | 'verb'>,
): void {
  const { name, uid, resourceVersion } = sent.metadata;
  if (name !== metadata.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${metadata.name})`);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) throw modifiedMeanwhile(resource, name);
  if (!uid || uid === metadata.uid) return;
  throw verb === 'update' ? otherUid(resource, metadata, uid) : immutableUid(resource, metadata.name, uid);
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

/** What may not be changed any more: 422. */
function checkFrozen(resource: Resource, current: KubeObject, next: KubeObject): void {
  const causes = [...newFinalizers(current, next), ...(resource.kind === 'Pod' ? frozenPodSpec(current, next) : [])];
  if (causes.length > 0) throw invalid(resource, current.metadata.name, causes);
}

/** An object that is being deleted takes no new finalizers. */
function newFinalizers({ metadata }: KubeObject, next: KubeObject): Cause[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const added = (next.metadata.finalizers ?? []).filter((one) => !(metadata.finalizers ?? []).includes(one));
  if (added.length === 0) return [];
  const why = 'no new finalizers can be added if the object is being deleted, found new finalizers';
  const message = `Forbidden: ${why} []string{${added.map((one) => `"${one}"`).join(', ')}}`;
  return [{ reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' }];
}

/** Of a pod's spec only images, tolerations and few others can change; where it runs cannot. */
function frozenPodSpec(current: KubeObject, next: KubeObject): Cause[] {
  if (JSON.stringify(rigid(current)) === JSON.stringify(rigid(next))) return [];
  const changeable =
    '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` ' +
    '(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was ' +
    'previously negative)';
  const message = `Forbidden: pod updates may not change fields other than ${changeable}`;
  return [{ reason: 'FieldValueForbidden', message, field: 'spec' }];
}

function rigid({ spec }: KubeObject): unknown {
  const { containers, initContainers, ...rest } = spec as PodSpec;
  const still = [containers, initContainers ?? []].map((list) => list.map((one) => ({ ...one, image: '' })));
  const entries = Object.entries({ ...rest, still, activeDeadlineSeconds: 0, tolerations: [] });
  return entries.sort(([left], [right]) => (left < right ? -1 : 1));
}

function keepDeletion(next: KubeObject, { metadata }: KubeObject): void {
  delete next.metadata.deletionTimestamp;
  delete next.metadata.deletionGracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp !== undefined) next.metadata.deletionTimestamp = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) next.metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds;
}

/** How often the server looks at the metadata and at the spec in an update: every fault is a cause for each time. */
function passesOf({ group, kind }: Resource, subresource: string): Passes {
  const metadata = group === '' ? 4 : 2;
  return { metadata: subresource === 'status' ? metadata - 1 : metadata, spec: kind === 'Node' ? 2 : 1 };
}

/** A patch that names another uid would change it. */
function immutableUid(resource: Resource, name: string, wanted: string): Refusal {
  const message = `Invalid value: "${wanted}": field is immutable`;
  const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.uid' };
  return invalid(resource, name, resource.group === '' ? [cause, cause] : [cause]);
}

/** An update that names another uid has it for a precondition. */
function otherUid(resource: Resource, { namespace, name, uid }: KubeObject['metadata'], wanted: string): Refusal {
  const path = namespace === undefined ? name : `${namespace}/${name}`;
  const precondition = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  const key = `/registry/${resource.kind === 'Node' ? 'minions' : resource.plural}/${path}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${precondition}`;
  return new Refusal(409, {
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    reason: 'Conflict',
    details: { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural },
  });
}
