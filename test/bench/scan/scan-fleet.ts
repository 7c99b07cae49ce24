/**
 * A made-up cluster as large as is asked for, each of its parts about as long as the real ones: nodes as EKS's kubelets
 * and controllers write them, instances as EC2 answers for those with the VPC CNI's addresses. Nothing is held: each part
 * is made from its index when it is needed.
 */
import { createHash } from 'node:crypto';

export const CLUSTER = 'shop';
export const PER_GROUP = 50;

/** One of these is what groups launch now, the other what most nodes still run. */
export const IMAGES = { now: 'ami-0fedcba9876543210', before: 'ami-0123456789abcdef0' } as const;
export const TEMPLATE_VERSION = 7;
export const TYPE = 'm6i.2xlarge';

/**
 * `current`: every node is as its group would make it. Otherwise most run the image before: `drifted` says so nowhere
 * yet, `marked` on each of them.
 */
export type FleetState = 'current' | 'drifted' | 'marked';

export interface MadeUpFleet {
  readonly nodes: number;
  readonly state: FleetState;
}

/** An image was released a while ago: one node of so many runs it already. */
const CURRENT_ONE_IN = 10;

const REGION = 'eu-central-1';
const CREATED = Date.parse('2026-01-05T12:00:00Z');
const MINUTE_MS = 60_000;
const SUBNETS = 200;

/** On a busy node the kubelet tells of fifty images at most; names twice, by tag and by digest. */
const IMAGES_ON_NODE = 40;
const IMAGES_IN_CLUSTER = 300;

export function instanceId(index: number): string {
  return `i-${index.toString(16).padStart(17, '0')}`;
}

export function groupName(index: number): string {
  return `eks-workers-${Math.floor(index / PER_GROUP)}`;
}

/** Of an instance, from its id. */
export function indexOf(instance: string): number {
  return Number.parseInt(instance.slice('i-'.length), 16);
}

export function templateId(group: number): string {
  return `lt-${group.toString(16).padStart(17, '0')}`;
}

export function zoneOf(index: number): string {
  return REGION + ('abc'[index % 3] ?? 'a');
}

export function isCurrent(index: number, { state }: Pick<MadeUpFleet, 'state'>): boolean {
  return state === 'current' || index % CURRENT_ONE_IN === 0;
}

export function createdAt(index: number): string {
  return new Date(CREATED - index * MINUTE_MS).toISOString().replace('.000', '');
}

export function nodeName(index: number): string {
  return `${addressName(index)}.${REGION}.compute.internal`;
}

/** Of a node, from its name. */
export function indexOfNode(name: string): number {
  const [, low = 0, high = 0] = /^ip-10-(\d+)-(\d+)-/.exec(name)?.map(Number) ?? [];
  return high * SUBNETS + low;
}

function addressName(index: number): string {
  return `ip-${address(index, 0).replaceAll('.', '-')}`;
}

/** @param nth of the node's own, 0 is its first */
export function address(index: number, nth: number): string {
  return `10.${index % SUBNETS}.${Math.floor(index / SUBNETS)}.${nth + 1}`;
}

/** About 14 KB. */
export function nodeManifest(index: number): object {
  const name = nodeName(index);
  return {
    metadata: {
      name,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: createdAt(index),
      labels: labelsOf(index),
      annotations: {
        'alpha.kubernetes.io/provided-node-ip': address(index, 0),
        'csi.volume.kubernetes.io/nodeid': JSON.stringify({
          'ebs.csi.aws.com': instanceId(index),
          'efs.csi.aws.com': instanceId(index),
        }),
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      finalizers: ['networking.k8s.aws/resource-finalizer'],
      managedFields: ['aws-cloud-controller-manager', 'kube-controller-manager', 'kubelet'].map(managedBy),
    },
    spec: {
      providerID: `aws:///${zoneOf(index)}/${instanceId(index)}`,
      ...(index % 3 === 0 && { taints: [{ key: 'dedicated', value: 'shop', effect: 'NoSchedule' }] }),
    },
    status: statusOf(index),
  };
}

function labelsOf(index: number): Record<string, string> {
  const [name, zone] = [nodeName(index), zoneOf(index)];
  return {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/instance-type': TYPE,
    'beta.kubernetes.io/os': 'linux',
    'eks.amazonaws.com/capacityType': 'ON_DEMAND',
    'eks.amazonaws.com/nodegroup': groupName(index),
    'eks.amazonaws.com/nodegroup-image': IMAGES.before,
    'eks.amazonaws.com/sourceLaunchTemplateId': templateId(Math.floor(index / PER_GROUP)),
    'eks.amazonaws.com/sourceLaunchTemplateVersion': String(TEMPLATE_VERSION - 1),
    'failure-domain.beta.kubernetes.io/region': REGION,
    'failure-domain.beta.kubernetes.io/zone': zone,
    'k8s.io/cloud-provider-aws': '0123456789abcdef0123456789abcdef',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': TYPE,
    'topology.ebs.csi.aws.com/zone': zone,
    'topology.k8s.aws/zone-id': 'euc1-az1',
    'topology.kubernetes.io/region': REGION,
    'topology.kubernetes.io/zone': zone,
  };
}

/** What the API server remembers of who set which field. */
function managedBy(manager: string): object {
  const fields = ['type', 'status', 'reason', 'message', 'lastHeartbeatTime', 'lastTransitionTime'];
  const ofEach = Object.fromEntries(fields.map((field) => [`f:${field}`, {}]));
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-05T12:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': ofEach } } },
  };
}

function statusOf(index: number): object {
  const resources = { cpu: '8', memory: '32386544Ki', pods: '58', 'ephemeral-storage': '83873772Ki' };
  return {
    capacity: { ...resources, 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' },
    allocatable: { ...resources, cpu: '7910m', memory: '31369712Ki' },
    conditions: CONDITIONS.map(([type, status, reason, message]) => {
      return { type, status, reason, message, lastHeartbeatTime: createdAt(0), lastTransitionTime: createdAt(index) };
    }),
    addresses: [
      { type: 'InternalIP', address: address(index, 0) },
      { type: 'InternalDNS', address: nodeName(index) },
      { type: 'Hostname', address: nodeName(index) },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      machineID: `ec2${index.toString(16).padStart(29, '0')}`,
      systemUUID: `ec2${index.toString(16).padStart(5, '0')}-0000-4000-8000-000000000000`,
      bootID: '01234567-89ab-4def-8123-456789abcdef',
      kernelVersion: '6.1.141-155.222.amzn2023.x86_64',
      osImage: 'Amazon Linux 2023.7.20250623',
      containerRuntimeVersion: 'containerd://1.7.27',
      kubeletVersion: 'v1.33.1-eks-b9364f6',
      kubeProxyVersion: 'v1.33.1-eks-b9364f6',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images: Array.from({ length: IMAGES_ON_NODE }, (_, nth) => IMAGES_TOLD[(index * 7 + nth * 11) % IMAGES_IN_CLUSTER]),
  };
}

const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** Any two nodes have some in common. */
const IMAGES_TOLD = Array.from({ length: IMAGES_IN_CLUSTER }, (_, nth) => {
  const repository = `123456789012.dkr.ecr.${REGION}.amazonaws.com/shop/web-${nth}`;
  const digest = createHash('sha256').update(String(nth)).digest('hex');
  return { names: [`${repository}@sha256:${digest}`, `${repository}:2026.1.${nth}`], sizeBytes: 100_000_000 + nth };
});
