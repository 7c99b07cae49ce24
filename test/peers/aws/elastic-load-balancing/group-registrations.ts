/** How Auto Scaling registers the instances of its groups: each on the port of the target group. */
import type { TrafficSource } from '../auto-scaling/group.ts';
import type { Balancers } from '../auto-scaling/traffic-sources.ts';
import type { Backend, Backends } from './backends.ts';
import { instancePort, type ElasticLoadBalancing } from './elastic-load-balancing.ts';

export function groupRegistrations(elb: ElasticLoadBalancing): Balancers {
  const poolOf = ({ identifier, type }: TrafficSource): Pool => {
    if (type === 'elbv2') return elb.targetGroup(identifier);
    const balancer = elb.classicBalancer(identifier);
    return { backends: balancer.backends, port: instancePort(balancer), vpcId: balancer.vpcId };
  };
  const find = (source: TrafficSource, instanceId: string): Backend | undefined => {
    const { backends, port } = poolOf(source);
    return backends.find(instanceId, port);
  };
  return {
    register: (source, instanceId, now) => {
      const { backends, port } = poolOf(source);
      backends.register({ id: instanceId, port, initial: now ? 0 : elb.registrationTime });
    },
    deregister: (source, instanceId, then) => {
      const backend = find(source, instanceId);
      if (backend === undefined) then();
      else poolOf(source).backends.deregister(backend, then);
    },
    vpcOf: (source) => poolOf(source).vpcId,
    servesOne: (source, instanceIds) =>
      instanceIds.some((id) => {
        const backend = find(source, id);
        return backend !== undefined && elb.isInService(backend);
      }),
  };
}

interface Pool {
  readonly backends: Backends;
  readonly port: number;
  readonly vpcId: string;
}
