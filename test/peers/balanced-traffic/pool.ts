/** What a stream of requests is sent to: which targets its balancer takes, and what it does with old connections. */
import type { Backend, Backends } from '../aws/elastic-load-balancing/backends.ts';
import type { ElasticLoadBalancing } from '../aws/elastic-load-balancing/elastic-load-balancing.ts';
import type { TargetGroup } from '../aws/elastic-load-balancing/target-group.ts';

export type Destination = { readonly targetGroupArn: string } | { readonly loadBalancerName: string };

export interface Pool {
  readonly backends: Backends;
  /** Those that a new request may go to. */
  readonly targets: () => readonly Backend[];
  /** Whether a deregistration is complete as soon as no request is in flight. */
  readonly drainsEarly: boolean;
  /** Whether requests that outlast the deregistration are cut off. */
  readonly closesAfterDraining: () => boolean;
}

export function poolOf(elb: ElasticLoadBalancing, destination: Destination): Pool {
  if ('targetGroupArn' in destination) return groupPool(elb, elb.targetGroup(destination.targetGroupArn));
  const { backends, keepsConnections } = elb.classicBalancer(destination.loadBalancerName);
  return {
    backends,
    targets: () => backends.all.filter((backend) => elb.isInService(backend)),
    drainsEarly: !keepsConnections,
    // «When the maximum time limit is reached, the load balancer forcibly closes connections» (connection draining)
    closesAfterDraining: () => true,
  };
}

function groupPool(elb: ElasticLoadBalancing, group: TargetGroup): Pool {
  const { backends } = group;
  const isUsed = (): boolean => group.loadBalancerArns.size > 0;
  return {
    backends,
    targets: () => {
      if (!isUsed()) return [];
      const healthy = backends.all.filter((backend) => elb.isInService(backend));
      // A group whose targets are all unhealthy is sent requests all the same: it fails open.
      return healthy.length > 0 ? healthy : backends.all.filter(({ drainingUntil }) => drainingUntil === undefined);
    },
    drainsEarly: false,
    closesAfterDraining: () => closesAfterDraining(elb, group),
  };
}

/** Application load balancers close what is left; network load balancers only when told to. */
function closesAfterDraining(elb: ElasticLoadBalancing, group: TargetGroup): boolean {
  if (group.attributes.get('deregistration_delay.connection_termination.enabled') === 'true') return true;
  return [...group.loadBalancerArns].some((arn) => elb.loadBalancers.get(arn)?.type === 'application');
}
