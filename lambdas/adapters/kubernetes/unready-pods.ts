/** Pods that are not Ready, and the reason that their status gives (contract 13.2). */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { podName } from '../../core/kubernetes/pod.ts';
import { matchesSelector } from '../../core/kubernetes/selector.ts';
import { UNSCHEDULABLE, type UnreadyPod } from '../../core/kubernetes/unready-pod.ts';
import type { Cluster } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { isServing } from './pods.ts';
import { labelSelector } from './api/selector.ts';
import { unlessMissing } from './api/status.ts';

/** Pods that are read: one request for a namespace of any size. Of a larger budget, the first page is reported. */
const MOST_READ = '500';

export function unreadyPodsOf(connection: KubernetesConnection): Cluster['unreadyPods'] {
  return async (namespace, selector) => {
    const labels = labelSelector(selector);
    const query = { limit: MOST_READ, ...(labels !== undefined && { labelSelector: labels }) };
    const list = await unlessMissing(connection.read(pathOf('/api/v1/namespaces', namespace, 'pods'), query));
    return ((list as { items?: V1Pod[] } | undefined)?.items ?? [])
      .filter(({ metadata }) => matchesSelector(selector, metadata?.labels ?? {}) !== false)
      .flatMap((pod) => toUnreadyPod(pod) ?? []);
  };
}

/** Undefined when the pod is Ready and staying, or has finished: a budget does not count finished pods. */
export function toUnreadyPod(pod: V1Pod): UnreadyPod | undefined {
  const { phase } = pod.status ?? {};
  if (isServing(pod) || phase === 'Succeeded' || phase === 'Failed') return undefined;
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  return { pod: podName({ namespace, name }), uid, ...unreadiness(pod) };
}

type Unreadiness = Pick<UnreadyPod, 'reason' | 'message'>;

function unreadiness({ metadata, status }: V1Pod): Unreadiness {
  if (metadata?.deletionTimestamp !== undefined) return { reason: 'being deleted' };
  const failed = (status?.conditions ?? []).filter(({ status: is }) => is === 'False');
  const unscheduled = failed.find(({ type }) => type === 'PodScheduled');
  if (unscheduled !== undefined) return words(unscheduled, UNSCHEDULABLE);
  // The first that wait hold up the others, which only say that they wait for them.
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const held = containers.flatMap(({ state }) => state?.waiting ?? [])[0];
  if (held !== undefined) return words(held, 'starting');
  // No message: it comes from the container, and may hold anything.
  const ended = (status?.containerStatuses ?? []).flatMap(({ state }) => state?.terminated ?? [])[0];
  if (ended !== undefined) return { reason: ended.reason ?? 'Error' };
  const gated = failed.find(({ reason }) => reason === 'ReadinessGatesNotReady');
  return gated === undefined ? { reason: whyNotReady(status?.containerStatuses) } : words(gated, 'not ready');
}

/** Returns why running containers are not Ready. */
function whyNotReady(containers: readonly V1ContainerStatus[] = []): string {
  // A startup probe lets a container run for a while before it counts as started.
  if (containers.length === 0 || containers.some(({ started }) => started === false)) return 'starting';
  // The control plane marks a pod unready when the kubelet falls silent.
  return containers.every(({ ready }) => ready) ? 'node not ready' : 'not ready';
}

function words({ reason, message }: { reason?: string; message?: string }, otherwise: string): Unreadiness {
  return { reason: reason ?? otherwise, ...(message !== undefined && message !== '' && { message }) };
}
