/** Reads pods into the domain's own shape, and evicts, deletes and finds them. */
import type { V1Pod } from '@kubernetes/client-node';
import type { ObjectCoreV1Api } from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js';
import type { Owner, Pod } from '../../core/kubernetes/pod.ts';
import type { Cluster } from '../../workflow/ports/kubernetes.ts';
import { evictionAnswer } from './eviction-answer.ts';
import { unlessMissing } from './api/status.ts';

type PodVerbs = 'evict' | 'remove' | 'isStaying' | 'volumesOf' | 'addressesOn';

/** Page size: more pods than a node takes. */
const PODS_OF_NODE = 1_000;

export function pods(core: ObjectCoreV1Api): Pick<Cluster, PodVerbs> {
  return {
    evict: ({ namespace, name, uid }, graceSeconds) =>
      evictionAnswer(
        core.createNamespacedPodEviction({
          namespace,
          name,
          body: {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { namespace, name },
            deleteOptions: {
              preconditions: { uid },
              ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
            },
          },
        }),
      ),
    remove: ({ namespace, name, uid }, gracePeriodSeconds) =>
      evictionAnswer(
        core.deleteNamespacedPod({ namespace, name, body: { gracePeriodSeconds, preconditions: { uid } } }),
      ),
    async isStaying({ namespace, name, uid }) {
      const pod = await unlessMissing(core.readNamespacedPod({ namespace, name }));
      return pod?.metadata?.uid === uid && pod.metadata.deletionTimestamp === undefined;
    },
    async volumesOf({ namespace, claims }) {
      const found = await Promise.all(
        claims.map((name) => unlessMissing(core.readNamespacedPersistentVolumeClaim({ namespace, name }))),
      );
      return found.flatMap((claim) => claim?.spec?.volumeName ?? []);
    },
    async addressesOn(node) {
      const fieldSelector = `spec.nodeName=${node}`;
      const { items } = await core.listPodForAllNamespaces({ fieldSelector, limit: PODS_OF_NODE });
      return [...new Set(items.flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? status?.podIP ?? []))];
    },
  };
}

/** @param pod from the API, parsed by the library or raw; times may be strings */
export function toPod({ metadata = {}, spec, status }: V1Pod): Pod {
  const { namespace = '', name = '', uid = '', labels = {}, annotations = {} } = metadata;
  const owner = ownerOf(metadata);
  const volumes = spec?.volumes ?? [];
  const containers = runningOnes({ spec, status });
  return {
    namespace,
    name,
    uid,
    ...lifeOf(metadata),
    labels,
    annotations,
    phase: phaseOf(status?.phase),
    ready: isReady({ status }),
    ...(owner && { owner }),
    containersTerminated: haveTerminated(containers),
    containersLeft: left(containers),
    graceSeconds: spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
    priority: spec?.priority ?? 0,
    tolerations: spec?.tolerations ?? [],
    hasEmptyDir: volumes.some(({ emptyDir }) => emptyDir !== undefined),
    claims: volumes.flatMap(({ name: volume, persistentVolumeClaim, ephemeral }) =>
      // The name that Kubernetes gives to the claim of a generic ephemeral volume.
      ephemeral === undefined ? (persistentVolumeClaim?.claimName ?? []) : `${name}-${volume}`,
    ),
  };
}

function lifeOf({
  creationTimestamp = new Date(0),
  deletionTimestamp,
  finalizers = [],
}: NonNullable<V1Pod['metadata']>): Pick<Pod, 'createdAt' | 'deletingUntil' | 'finalizers'> {
  return {
    createdAt: new Date(creationTimestamp).getTime(),
    ...(deletionTimestamp && { deletingUntil: new Date(deletionTimestamp).getTime() }),
    ...(finalizers.length > 0 && { finalizers }),
  };
}

/** Default of the API, seconds. */
const DEFAULT_GRACE_SECONDS = 30;

export function isReady({ status }: Pick<V1Pod, 'status'>): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** Whether the pod is Ready and not being deleted. */
export function isServing({ metadata, status }: Pick<V1Pod, 'metadata' | 'status'>): boolean {
  return isReady({ status }) && metadata?.deletionTimestamp === undefined;
}

export function ownerOf({ namespace = '', ownerReferences = [] }: NonNullable<V1Pod['metadata']>): Owner | undefined {
  const owner = ownerReferences.find(({ controller }) => controller);
  return owner && { namespace, kind: owner.kind, apiVersion: owner.apiVersion, name: owner.name, uid: owner.uid };
}

type ContainerStatuses = NonNullable<NonNullable<V1Pod['status']>['containerStatuses']>;

/**
 * Returns the containers that run as long as the pod does: its own, and native sidecars (init containers that are
 * always restarted), which outlive them (contract 4.7). Other init containers have ended before these began.
 */
function runningOnes({ spec, status }: Pick<V1Pod, 'spec' | 'status'>): ContainerStatuses {
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  const names = new Set(sidecars.map(({ name }) => name));
  const beside = status?.initContainerStatuses?.filter(({ name }) => names.has(name)) ?? [];
  return [...(status?.containerStatuses ?? []), ...beside];
}

function haveTerminated(containers: ContainerStatuses): boolean {
  return containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined);
}

function left(containers: ContainerStatuses): string[] {
  return containers
    .filter(({ state }) => state?.terminated === undefined)
    .map(({ name, state }) => `${name} ${state?.waiting === undefined ? 'running' : 'waiting'}`);
}

const PHASES: readonly Pod['phase'][] = ['Pending', 'Running', 'Succeeded', 'Failed'];

function phaseOf(phase: string | undefined): Pod['phase'] {
  return PHASES.find((known) => known === phase) ?? 'Unknown';
}
