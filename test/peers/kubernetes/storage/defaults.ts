/** The fields that the server fills in when an object is created, by kind, and the status that it starts with. */
import type { KubeObject, Manifest, Pod, Toleration } from './objects.ts';

/** The manifest as it is stored: spec and status present, defaults under what the client gave. */
export function withDefaults(manifest: Manifest): Manifest {
  const fill = DEFAULTS[manifest.kind];
  return fill === undefined ? manifest : fill(manifest);
}

const DEFAULTS: Readonly<Record<string, (manifest: Manifest) => Manifest>> = {
  Pod: podDefaults,
  Node: (node) => ({ ...node, spec: node.spec ?? {}, status: node.status ?? {} }),
  Namespace: (it) => ({ ...it, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
  PersistentVolumeClaim: (claim) => ({ ...claim, status: { phase: 'Pending' } }),
  PersistentVolume: (volume) => ({ ...volume, status: { phase: 'Available' } }),
  Deployment: (it) => withStatus(it, { replicas: 1, revisionHistoryLimit: 10 }, {}),
  ReplicaSet: (it) => withStatus(it, { replicas: 1 }, { replicas: 0 }),
  StatefulSet: (it) => withStatus(it, { replicas: 1, podManagementPolicy: 'OrderedReady' }, { replicas: 0 }),
  DaemonSet: (it) =>
    withStatus(it, {}, { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }),
  Job: (it) => withStatus(it, {}, {}),
  PodDisruptionBudget: (it) =>
    withStatus(it, {}, { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }),
  VolumeAttachment: (it) => ({ ...it, status: it.status ?? { attached: false } }),
};

const PRIORITIES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function withStatus(manifest: Manifest, spec: object, status: object): Manifest {
  return { ...manifest, spec: { ...spec, ...(manifest.spec as object | undefined) }, status };
}

function podDefaults(manifest: Manifest): Manifest {
  const spec = (manifest as KubeObject as Pod).spec as Partial<Pod['spec']>;
  return {
    ...manifest,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      schedulerName: 'default-scheduler',
      priority: PRIORITIES[spec.priorityClassName ?? ''] ?? 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      securityContext: {},
      ...spec,
      tolerations: withNodeTolerations(spec.tolerations ?? []),
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  };
}

/** The DefaultTolerationSeconds admission: 300 s on a node that is not ready or not reachable. */
function withNodeTolerations(tolerations: Toleration[]): Toleration[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((toleration) => toleration.key === key || toleration.key === undefined),
  );
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...added];
}
