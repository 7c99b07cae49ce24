/** The manifests behind the world's builders: plain objects as a user would apply them. */
import type { Manifest } from '../storage/objects.ts';
import { type Pace, paceAnnotations } from '../api/pace.ts';

export interface NodePlan {
  name: string;
  /** `aws:///eu-central-1a/i-0123456789abcdef0` */
  providerID?: string;
  zone?: string;
  instanceType?: string;
  /** @default 10.0.0.1 */
  internalIp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  /** How many pods it takes. @default 110 */
  pods?: number;
  /** After how many seconds it is Ready; Infinity for a node that never is. @default 0 */
  readySeconds?: number;
}

export interface PodPlan extends Pace {
  namespace: string;
  name: string;
  /** terminationGracePeriodSeconds. @default 30 */
  graceSeconds?: number;
  priorityClass?: string;
  /** Besides `app: <name>`, which every pod has. */
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
  nodeSelector?: Record<string, string>;
  /** Has an emptyDir volume. */
  emptyDir?: boolean;
  finalizers?: string[];
  /** Has a native sidecar: an init container that is restarted always. */
  sidecar?: boolean;
}

export interface WorkloadPlan extends PodPlan {
  /** @default 1 */
  replicas?: number;
  /** Nodes for its first pods, in turn; else the scheduler spreads them. */
  nodes?: string[];
}

export interface StatefulPlan extends WorkloadPlan {
  /** Each pod has a claim `data` on a CSI volume. */
  volume?: boolean;
  /** Starts all pods at once instead of one after the other. */
  parallel?: boolean;
}

export interface BudgetPlan {
  namespace: string;
  name: string;
  /** The workload whose pods it covers, by its name: selects `app: <for>`. */
  for?: string;
  /** Instead of `for`: the labels that it selects. */
  selector?: Record<string, string>;
  minAvailable?: number | string;
  maxUnavailable?: number | string;
  unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
}

export function nodeManifest(plan: NodePlan, now: string): Manifest {
  const { name, providerID, zone = 'eu-central-1a', instanceType = 'm7g.large', taints } = plan;
  const capacity = { cpu: '4', memory: '16Gi', pods: String(plan.pods ?? 110) };
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': instanceType,
    'topology.kubernetes.io/region': zone.replace(/[a-z]$/, ''),
    'topology.kubernetes.io/zone': zone,
    ...plan.labels,
  };
  const ready = (plan.readySeconds ?? 0) === 0;
  const condition = {
    type: 'Ready',
    status: ready ? 'True' : 'False',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const reason = ready ? 'KubeletReady' : 'KubeletNotReady';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, ...(plan.annotations === undefined ? {} : { annotations: plan.annotations }) },
    spec: { ...(providerID === undefined ? {} : { providerID }), ...(taints === undefined ? {} : { taints }) },
    status: {
      addresses: addressesOf(plan),
      allocatable: capacity,
      capacity,
      conditions: [{ ...condition, reason, message: '' }],
      nodeInfo: {
        bootID: crypto.randomUUID(),
        kubeletVersion: 'v1.32.4',
        operatingSystem: 'linux',
        architecture: 'amd64',
        osImage: 'stand-in',
      },
    },
  };
}

function addressesOf({ name, internalIp = '10.0.0.1' }: NodePlan): { type: string; address: string }[] {
  return [
    { type: 'InternalIP', address: internalIp },
    { type: 'Hostname', address: name },
  ];
}

/** A pod's own manifest, or with `metadata.labels` and `spec` the template of a workload. */
export function podManifest(plan: PodPlan): Manifest & { spec: object } {
  const {
    namespace,
    name,
    graceSeconds,
    priorityClass,
    tolerations,
    nodeSelector,
    emptyDir = false,
    finalizers,
    sidecar = false,
  } = plan;
  const annotations = { ...paceAnnotations(plan), ...plan.annotations };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { app: name, ...plan.labels },
      annotations,
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: {
      containers: [{ name: 'main', image: 'stand-in:1' }],
      ...(sidecar ? { initContainers: [{ name: 'sidecar', image: 'stand-in:1', restartPolicy: 'Always' }] } : {}),
      ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
      ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
      ...(tolerations === undefined ? {} : { tolerations }),
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      ...(emptyDir ? { volumes: [{ name: 'scratch', emptyDir: {} }] } : {}),
    },
  };
}

export function workloadManifest(kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', plan: WorkloadPlan): Manifest {
  const { metadata, spec } = podManifest(plan);
  const { labels = {}, annotations = {} } = metadata;
  const replicas = kind === 'DaemonSet' ? {} : { replicas: plan.replicas ?? 1 };
  const selector = { matchLabels: { app: plan.name } };
  const template = { metadata: { labels, annotations }, spec };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace: plan.namespace, name: plan.name, labels },
    spec: { ...replicas, selector, template },
  };
}

export function statefulManifest(plan: StatefulPlan): Manifest {
  const manifest = workloadManifest('StatefulSet', plan);
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const volumes = plan.volume === true ? { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] } : {};
  const podManagementPolicy = plan.parallel === true ? 'Parallel' : 'OrderedReady';
  return {
    ...manifest,
    spec: { serviceName: plan.name, podManagementPolicy, ...(manifest.spec as object), ...volumes },
  };
}

export function budgetManifest(plan: BudgetPlan): Manifest {
  const { namespace, name, for: workload, selector, minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = plan;
  const matchLabels = selector ?? (workload === undefined ? {} : { app: workload });
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace, name },
    spec: {
      selector: { matchLabels },
      ...(minAvailable === undefined ? {} : { minAvailable }),
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      ...(unhealthyPodEvictionPolicy === undefined ? {} : { unhealthyPodEvictionPolicy }),
    },
  };
}
