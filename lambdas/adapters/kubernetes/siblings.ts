/** Pods of a namespace, watched, so that those of a controller can be told among them (`core/kubernetes/siblings.ts`). */
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import type { NamespacePod } from '../../core/kubernetes/siblings.ts';
import type { WatchListener } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { isServing, ownerOf } from './pods.ts';
import { toUnreadyPod } from './unready-pods.ts';
import { watch, type WatchedCollection } from './api/watch.ts';

/** Finished pods are replicas of nothing, and of evicted or completed ones a namespace may have thousands. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

export interface SiblingSource {
  readonly namespace: string;
  /** Absent: all pods of the namespace. */
  readonly labelSelector?: string;
  /** Whether these are all that there can be. */
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

/** Nothing else is kept of a pod: a namespace may have thousands. */
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
