/** The first step of an evacuation on request: which host is meant, and until when. Nothing is changed. */
import { ClusterRefused } from '../../core/kubernetes/cluster-error.ts';
import { CloudRefused } from '../../core/openstack/cloud-error.ts';
import { hostNamesOf, serviceOf } from '../../core/openstack/compute-service.ts';
import type { EvacuationRequest } from '../../core/openstack/evacuation-request.ts';
import type { Clusters, ReachedCluster } from '../ports/kubernetes.ts';
import type { Cloud, Clouds } from '../ports/openstack.ts';
import type { Settings } from '../ports/settings.ts';

export interface BeginPorts {
  readonly settings: Settings;
  readonly clusters: Clusters;
  readonly clouds: Clouds;
}

export type Begun =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'begun'; readonly host: string; readonly startedAt: number; readonly deadline: number };

/** @throws CloudAway, ClusterAway */
export async function beginEvacuation(request: EvacuationRequest, ports: BeginPorts): Promise<Begun> {
  const { cluster: name, node } = request;
  const cluster = await ports.settings.cluster(name);
  if (cluster === undefined) return { kind: 'refused', reason: `cluster ${name} is not configured` };
  const { openstack } = cluster;
  if (openstack === undefined)
    return { kind: 'refused', reason: `cluster ${name} has no field openstack: it says where Keystone and Nova are` };
  try {
    const cloud = await ports.clouds.open(openstack);
    const host =
      node === undefined ? await knownHost(request.host ?? '', cloud) : await hostOf(node, cluster, cloud, ports);
    if ('reason' in host) return { kind: 'refused', ...host };
    const startedAt = Date.now();
    const timeoutSeconds = request.timeoutSeconds ?? openstack.timeoutSeconds;
    return { kind: 'begun', ...host, startedAt, deadline: startedAt + timeoutSeconds * 1000 };
  } catch (error) {
    if (error instanceof CloudRefused || error instanceof ClusterRefused)
      return { kind: 'refused', reason: error.message };
    throw error;
  }
}

async function knownHost(host: string, cloud: Cloud): Promise<{ host: string } | { reason: string }> {
  const [service] = await cloud.services(host);
  if (service !== undefined) return { host };
  const known = (await cloud.services()).map((each) => each.host);
  const some = known.length > 10 ? [...known.slice(0, 10), `${known.length - 10} more`] : known;
  return { reason: `Nova has no compute host ${host}: it has ${some.join(', ') || 'none'}` };
}

async function hostOf(
  node: string,
  cluster: ReachedCluster,
  cloud: Cloud,
  { clusters }: Pick<BeginPorts, 'clusters'>,
): Promise<{ host: string } | { reason: string }> {
  const found = await (await clusters.open(cluster)).readNode(node);
  if (found === undefined) return { reason: `cluster ${cluster.name} has no node ${node}` };
  const { names } = hostNamesOf(found);
  const services = (await Promise.all(names.map((name) => cloud.services(name)))).flat();
  const service = serviceOf(found, services);
  if (service.kind === 'found') return { host: service.service.host };
  const reason = service.kind === 'missing' ? service.reason : `Nova has no compute host ${names.join(' or ')}`;
  return { reason };
}
