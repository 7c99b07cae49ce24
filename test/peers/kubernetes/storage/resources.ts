/** The resource table: what this API server serves, and the names that discovery gives it. */
import type {
  Budget,
  Claim,
  ClusterRole,
  ClusterRoleBinding,
  DaemonSet,
  Deployment,
  Job,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Pod,
  ReplicaSet,
  StatefulSet,
  Volume,
  VolumeAttachment,
} from './objects.ts';

export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  readonly verbs: readonly string[];
  /** Whether metadata.generation counts the changes of its spec. */
  readonly counted: boolean;
  /** Tells the compiler what the resource holds; never set. */
  readonly holds?: T;
}

type Part = Partial<Pick<Resource, 'namespaced' | 'shortNames' | 'categories' | 'subresources' | 'counted' | 'verbs'>>;

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const table: Resource[] = [];

function serve<T extends KubeObject>(path: string, kind: string, part: Part = {}): Resource<T> {
  const [plural = '', version = '', ...group] = path.split(/[/]/).reverse();
  const resource: Resource<T> = {
    group: group.join('/'),
    version,
    plural,
    kind,
    namespaced: part.namespaced ?? true,
    shortNames: part.shortNames ?? [],
    categories: part.categories ?? [],
    subresources: part.subresources ?? ['status'],
    verbs: part.verbs ?? VERBS,
    counted: part.counted ?? false,
  };
  table.push(resource);
  return resource;
}

const all = ['all'];
const scaled = { categories: all, counted: true };

export const pods = serve<Pod>('v1/pods', 'Pod', {
  shortNames: ['po'],
  categories: all,
  subresources: ['status', 'eviction'],
});
export const nodes = serve<Node>('v1/nodes', 'Node', { namespaced: false, shortNames: ['no'] });
export const namespaces = serve<Namespace>('v1/namespaces', 'Namespace', { namespaced: false, shortNames: ['ns'] });
export const coreEvents = serve('v1/events', 'Event', { shortNames: ['ev'], subresources: [] });
export const claims = serve<Claim>('v1/persistentvolumeclaims', 'PersistentVolumeClaim', { shortNames: ['pvc'] });
export const volumes = serve<Volume>('v1/persistentvolumes', 'PersistentVolume', {
  namespaced: false,
  shortNames: ['pv'],
});
export const services = serve('v1/services', 'Service', { shortNames: ['svc'], categories: all });
export const configMaps = serve('v1/configmaps', 'ConfigMap', { shortNames: ['cm'], subresources: [] });
export const serviceAccounts = serve('v1/serviceaccounts', 'ServiceAccount', { shortNames: ['sa'], subresources: [] });
export const replicationControllers = serve('v1/replicationcontrollers', 'ReplicationController', {
  ...scaled,
  shortNames: ['rc'],
});
export const deployments = serve<Deployment>('apps/v1/deployments', 'Deployment', {
  ...scaled,
  shortNames: ['deploy'],
});
export const replicaSets = serve<ReplicaSet>('apps/v1/replicasets', 'ReplicaSet', { ...scaled, shortNames: ['rs'] });
export const statefulSets = serve<StatefulSet>('apps/v1/statefulsets', 'StatefulSet', {
  ...scaled,
  shortNames: ['sts'],
});
export const daemonSets = serve<DaemonSet>('apps/v1/daemonsets', 'DaemonSet', { ...scaled, shortNames: ['ds'] });
export const jobs = serve<Job>('batch/v1/jobs', 'Job', scaled);
export const budgets = serve<Budget>('policy/v1/poddisruptionbudgets', 'PodDisruptionBudget', {
  shortNames: ['pdb'],
  counted: true,
});
export const volumeAttachments = serve<VolumeAttachment>('storage.k8s.io/v1/volumeattachments', 'VolumeAttachment', {
  namespaced: false,
});
export const leases = serve<Lease>('coordination.k8s.io/v1/leases', 'Lease', { subresources: [] });
export const events = serve('events.k8s.io/v1/events', 'Event', { shortNames: ['ev'], subresources: [] });
export const clusterRoles = serve<ClusterRole>('rbac.authorization.k8s.io/v1/clusterroles', 'ClusterRole', {
  namespaced: false,
  subresources: [],
});
export const clusterRoleBindings = serve<ClusterRoleBinding>(
  'rbac.authorization.k8s.io/v1/clusterrolebindings',
  'ClusterRoleBinding',
  { namespaced: false, subresources: [] },
);
/** Asked and answered, never stored. */
export const accessReviews = serve('authorization.k8s.io/v1/selfsubjectaccessreviews', 'SelfSubjectAccessReview', {
  namespaced: false,
  subresources: [],
  verbs: ['create'],
});

export const resources: readonly Resource[] = table;

/** `v1` or `apps/v1`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `pods` or `deployments.apps`, as messages and RBAC rules name a resource. */
export function qualified({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export function resourceAt(apiVersion: string, plural: string): Resource | undefined {
  return table.find((resource) => resource.plural === plural && apiVersionOf(resource) === apiVersion);
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return table.find((resource) => resource.kind === kind && apiVersionOf(resource) === apiVersion);
}
