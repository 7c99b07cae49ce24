/**
 * What stands in front of the traffic scenario's cluster: three services, each behind a balancer of its own kind, which
 * sends to a node port of every node.
 *
 * The balancers are tagged for the cluster, as in-cluster controllers make them, and not attached to the group: Auto
 * Scaling does not deregister from them. Deliberately no controller keeps them either, so that without Ebb nothing but
 * health checks takes a node out.
 */
import type { Installation } from '../../installation.ts';
import type { BackendEvent } from '../../peers/aws/elastic-load-balancing/backends.ts';
import { BalancedTraffic, type Stream } from '../../peers/balanced-traffic/balanced-traffic.ts';
import type { Destination } from '../../peers/balanced-traffic/pool.ts';
import { isServing } from '../../peers/kubernetes/world/pod-state.ts';

/** How long targets drain. */
const DRAINING_SECONDS = 60;

export const REQUESTS_PER_SECOND = 20;

/** How long a pod goes on when it is asked to end: longer than any request. */
const SHUTDOWN_SECONDS = 3;

/** A target is in service again, or no more, after two results in a row. */
const HEALTH_CHECK = { interval: 10, healthyThreshold: 2, unhealthyThreshold: 2 };

interface Service {
  readonly name: string;
  readonly nodePort: number;
  readonly replicas: number;
  readonly requestMs: number;
  readonly behind: 'application' | 'network' | 'classic';
  /** By which its balancer is found to be the cluster's. */
  readonly tag: 'elbv2.k8s.aws/cluster' | 'kubernetes.io/cluster';
}

const WEB: Service = {
  name: 'web',
  nodePort: 30080,
  replicas: 8,
  requestMs: 300,
  behind: 'application',
  tag: 'elbv2.k8s.aws/cluster',
};
const API: Service = {
  name: 'api',
  nodePort: 30081,
  replicas: 4,
  requestMs: 1000,
  behind: 'network',
  tag: 'kubernetes.io/cluster',
};
const PAY: Service = {
  name: 'pay',
  nodePort: 30082,
  replicas: 4,
  requestMs: 300,
  behind: 'classic',
  tag: 'kubernetes.io/cluster',
};

/** One balancer's targets, and the requests that are sent to them. */
export interface LoadedPool {
  /** That of its service. */
  readonly name: string;
  /** The kind of load balancer. */
  readonly behind: string;
  /** As the balancers' events call it. */
  readonly id: string;
  readonly stream: Stream;
}

/** One pod of each service on every node, two of `web`; one service has no budget. */
export function populate({ kubernetes: { world } }: Installation, nodes: string[]): void {
  for (const { name, replicas } of [WEB, API, PAY]) {
    world.addDeployment({
      namespace: 'shop',
      name,
      replicas,
      nodes,
      startSeconds: 5,
      shutdownSeconds: SHUTDOWN_SECONDS,
    });
  }
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  world.addBudget({ namespace: 'shop', name: 'api', for: 'api', minAvailable: '75%' });
  world.addDaemonSet({ namespace: 'kube-system', name: 'aws-node', startSeconds: 1 });
}

/** Makes the balancers, registers every instance with each, and sends requests from now on. */
export function openFront(installation: Installation, cluster: string, instances: readonly string[]): LoadedPool[] {
  const nodes = new Map(instances.map((instance) => [instance, installation.nodeOf(instance)]));
  const traffic = new BalancedTraffic(installation.aws);
  return [WEB, API, PAY].map((service): LoadedPool => {
    const { to, id } = poolFor(service, cluster, { installation, instances });
    const { serves, finishes } = answers(service, nodes, installation);
    const durationMs = service.requestMs;
    const stream = traffic.start({ to, perSecond: REQUESTS_PER_SECOND, durationMs, serves, finishes });
    return { name: service.name, behind: `${service.behind} load balancer`, id, stream };
  });
}

/** What the balancers saw of an instance, oldest first. */
export function eventsOf({ aws }: Installation, { id: pool }: LoadedPool, instance: string): BackendEvent[] {
  return aws.elasticLoadBalancing.events.filter((event) => event.pool === pool && event.id === instance);
}

interface Place {
  readonly installation: Installation;
  readonly instances: readonly string[];
}

interface FrontPool {
  readonly to: Destination;
  readonly id: string;
}

function poolFor(service: Service, cluster: string, place: Place): FrontPool {
  const { behind, tag } = service;
  const tags = tag === 'elbv2.k8s.aws/cluster' ? { [tag]: cluster } : { [`${tag}/${cluster}`]: 'owned' };
  return behind === 'classic' ? classicFor(service, tags, place) : groupFor({ ...service, behind }, tags, place);
}

type Tags = Readonly<Record<string, string>>;

function groupFor(
  { name, nodePort, behind }: Service & { readonly behind: 'application' | 'network' },
  tags: Tags,
  { installation, instances }: Place,
): FrontPool {
  const elb = installation.aws.elasticLoadBalancing;
  elb.addLoadBalancer({ name, type: behind, tags });
  const { arn } = elb.addTargetGroup({
    name,
    protocol: behind === 'application' ? 'HTTP' : 'TCP',
    port: nodePort,
    deregistrationDelay: DRAINING_SECONDS,
    healthCheck: HEALTH_CHECK,
    loadBalancers: [name],
    tags,
  });
  elb.register(
    arn,
    instances.map((id) => ({ id })),
  );
  return { to: { targetGroupArn: arn }, id: arn };
}

function classicFor({ name, nodePort }: Service, tags: Tags, { installation, instances }: Place): FrontPool {
  const elb = installation.aws.elasticLoadBalancing;
  const listeners = [{ port: 80, instancePort: nodePort, protocol: 'TCP' }];
  elb.addClassicBalancer({ name, listeners, healthCheck: HEALTH_CHECK, connectionDraining: DRAINING_SECONDS, tags });
  elb.registerInstances(name, instances);
  return { to: { loadBalancerName: name }, id: name };
}

/**
 * What answers at a service's node port, as with `externalTrafficPolicy: Local`: pods of the service on that very node. A
 * pod that is asked to end takes no new request, and finishes those that it has.
 */
function answers({ name }: Service, nodes: ReadonlyMap<string, string>, { kubernetes }: Installation) {
  const isOf = (pod: string): boolean => pod.startsWith(`${name}-`);
  return {
    serves: (id: string): boolean =>
      kubernetes.podsOn(nodes.get(id) ?? '').some((pod) => isOf(pod.metadata.name) && isServing(pod)),
    finishes: (id: string): boolean =>
      kubernetes.timeline.lives.some(
        ({ pod, node, ready, stopped, gone }) =>
          node === nodes.get(id) && isOf(pod) && ready !== undefined && (stopped ?? gone) === undefined,
      ),
  };
}
