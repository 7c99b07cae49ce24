/** Deletion: preconditions, grace, finalizers and propagation. */
import type { Api } from '../api/api.ts';
import type { KubeObject, Pod } from './objects.ts';
import { isFinished } from '../world/pod-state.ts';
import { namespaces, pods, type Resource } from './resources.ts';
import { type Cause, failedPrecondition, invalidOptions } from '../api/status.ts';
import { isHeld } from './store.ts';
import { timestamp } from './timestamp.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: string;
  dryRun?: string[];
}

/** Finalizers of the two propagations that hold the owner back; the garbage collector takes them off. */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
const PROPAGATIONS = ['Background', 'Foreground', 'Orphan'];
const DEFAULT_GRACE = 30;

/** Deletes an object or starts its deletion; returns its last state. Refuses with 400 and 409. */
export function deleteObject(api: Api, resource: Resource, object: KubeObject, options: DeleteOptions): KubeObject {
  checkPreconditions(resource, object, options.preconditions ?? {});
  const { propagationPolicy } = options;
  if (propagationPolicy !== undefined && !PROPAGATIONS.includes(propagationPolicy))
    throw invalidOptions('DeleteOptions', unsupportedPropagation(propagationPolicy));
  if ((options.dryRun ?? []).length > 0) return object;
  if (resource === (pods as Resource)) return deletePod(api, object as Pod, options.gracePeriodSeconds);
  return deleteOther(api, resource, object, propagationPolicy);
}

function unsupportedPropagation(policy: string): Cause {
  const supported = '"Foreground", "Background", "Orphan", "nil"';
  const message = `Unsupported value: "${policy}": supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' };
}

/** Throws the 409 when a precondition does not hold. */
export function checkPreconditions(
  resource: Resource,
  { metadata }: KubeObject,
  { uid = '', resourceVersion = '' }: { uid?: string; resourceVersion?: string },
): void {
  if (uid !== '' && uid !== metadata.uid)
    throw failedPrecondition(resource, metadata.name, { field: 'UID', wanted: uid, actual: metadata.uid });
  if (resourceVersion === '' || resourceVersion === metadata.resourceVersion) return;
  const versions = { wanted: resourceVersion, actual: metadata.resourceVersion };
  throw failedPrecondition(resource, metadata.name, { field: 'ResourceVersion', ...versions });
}

/** Graceful: the kubelet confirms by deleting with grace 0. A second request can only shorten the grace. */
function deletePod(api: Api, pod: Pod, requested: number | undefined): Pod {
  const before = pod.metadata.deletionGracePeriodSeconds;
  const grace = graceOf(pod, requested ?? before);
  if (before !== undefined && grace >= before && before > 0) return pod;
  if (grace === 0 && !isHeld(pod)) {
    api.store.remove(pods, pod.metadata);
    return pod;
  }
  return mark(api, pods, pod, grace);
}

function graceOf({ spec, status, metadata }: Pod, requested: number | undefined): number {
  const finished = isFinished({ spec, status, metadata } as Pod);
  if (spec.nodeName === undefined || finished) return 0;
  const grace = requested ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE;
  return grace < 0 ? 1 : grace;
}

function deleteOther(api: Api, resource: Resource, object: KubeObject, propagation: string | undefined): KubeObject {
  const finalizer = propagation === 'Foreground' ? FOREGROUND : propagation === 'Orphan' ? ORPHAN : undefined;
  if (finalizer === undefined && !isHeld(object)) {
    api.store.remove(resource, object.metadata);
    return object;
  }
  return mark(api, resource, object, 0, finalizer);
}

/** Sets the deletion timestamp: the first request's time plus the grace. */
function mark<T extends KubeObject>(api: Api, resource: Resource<T>, object: T, ...how: [number, string?]): T {
  const [grace, finalizer] = how;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  const first =
    deletionTimestamp === undefined
      ? api.clock.now()
      : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  const marked = api.store.change(resource, object.metadata, (draft) => {
    draft.metadata.deletionTimestamp = timestamp(first + grace * 1000);
    draft.metadata.deletionGracePeriodSeconds = grace;
    if (finalizer !== undefined) draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), finalizer];
    if ((resource as Resource) === (namespaces as Resource)) draft.status = { phase: 'Terminating' };
  });
  return marked ?? object;
}
