/** Watches pods of a namespace, to find the siblings of a pod among them (`core/kubernetes/siblings.ts`). */
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import type { NamespacePod } from '../../core/kubernetes/siblings.ts';
import type { WatchListener } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { isServing, ownerOf } from './pods.ts';
import { toUnreadyPod } from './unready-pods.ts';
import { watch, type WatchedCollection } from './api/watch.ts';

/** Leaves out finished pods: they are no replicas, and a namespace may have thousands of them. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

export interface SiblingSource {
  readonly namespace: string;
  /** Default: all pods of the namespace. */
  readonly labelSelector?: string;
  /** Whether no more pods are to come. */
  readonly isWhole?: (pods: ReadonlyMap<string, NamespacePod>) => boolean;
}

export function watchSiblings(
  connection: KubernetesConnection,
  { namespace, labelSelector, isWhole }: SiblingSource,
  listener: WatchListener,
): Promise<WatchedCollection<NamespacePod>> {
  return watch<NamespacePod>(
    connection,
    {
      path: pathOf('/api/v1/namespaces', namespace, 'pods'),
      query: { fieldSelector: UNFINISHED, ...(labelSelector !== undefined && { labelSelector }) },
      start: 'watch',
      read: toNamespacePod,
      ...(isWhole && { isWhole }),
    },
    listener,
  );
}

/** Keeps only what is needed of a pod: a namespace may have thousands. */
function toNamespacePod(object: KubernetesObject): NamespacePod {
  const pod: V1Pod = object;
  const { uid = '', labels = {} } = pod.metadata ?? {};
  const owner = ownerOf(pod.metadata ?? {});
  return {
    uid,
    labels,
    ...(owner && { ownerUid: owner.uid }),
    readiness: isServing(pod) ? 'ready' : (toUnreadyPod(pod) ?? 'finished'),
  };
}
