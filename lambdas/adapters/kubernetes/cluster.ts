/** The port of one cluster, composed. */
import { ObjectCoreV1Api } from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js';
import type { Cluster, FleetView } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { watchDrain } from './drain-watch.ts';
import { fleetView } from './fleet.ts';
import { nodes } from './nodes.ts';
import { pods } from './pods.ts';
import { replicas } from './replicas.ts';
import { unreadyPodsOf } from './unready-pods.ts';
import { watchVolumes } from './volumes.ts';

export function kubernetesCluster(connection: KubernetesConnection): Cluster & FleetView {
  const core = new ObjectCoreV1Api(connection.configuration);
  return {
    ...nodes(core),
    ...pods(core),
    ...fleetView(connection),
    ...replicas(connection),
    watchDrain: (node, listener) => watchDrain(connection, node, listener),
    unreadyPods: unreadyPodsOf(connection),
    watchVolumes: (node, listener) => watchVolumes(connection, node, listener),
  };
}

/** RBAC rules that a retirement's calls need: its ClusterRole grants these and no more. */
export const CLUSTER_ROLE_RULES = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get'] },
  { apiGroups: [''], resources: ['replicationcontrollers'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['replicasets', 'statefulsets'], verbs: ['get'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list', 'watch'] },
  { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['list', 'watch'] },
] as const;

/**
 * RBAC rules that sweep, tainter, operator and rotation need: they read, and mark nodes. Only a retirement evicts or deletes
 * pods.
 */
export const FLEET_ROLE_RULES = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['replicationcontrollers'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['replicasets', 'statefulsets'], verbs: ['get'] },
] as const;
