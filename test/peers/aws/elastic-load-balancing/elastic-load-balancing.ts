/** Elastic Load Balancing of the peer: its balancers and target groups, and what tests read and set in process. */
import { arn, randomHex, type Account } from '../account.ts';
import { DEFAULT_VPC, type Instance, type Instances } from '../ec2/instances.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import { Backends, type Backend, type BackendEvent } from './backends.ts';
import { HealthChecks, type Probe } from './health-checks.ts';
import { RateLimits } from './rate-limits.ts';
import { healthOf, type TargetHealth } from './target-health.ts';
import {
  deregistrationDelay,
  type ClassicBalancer,
  type ClassicBalancerPlan,
  type HealthCheck,
  type LoadBalancer,
  type LoadBalancerPlan,
  type Protocol,
  type TargetGroup,
  type TargetGroupPlan,
  type TargetName,
} from './target-group.ts';

interface Parts {
  readonly account: Account;
  readonly time: Timetable;
  readonly instances: Instances;
}

export class ElasticLoadBalancing {
  readonly loadBalancers = new Map<string, LoadBalancer>();
  readonly targetGroups = new Map<string, TargetGroup>();
  readonly classicBalancers = new Map<string, ClassicBalancer>();
  /** What happened to every target and registered instance, oldest first. */
  readonly events: BackendEvent[] = [];
  readonly instances: Instances;
  readonly limits: RateLimits;
  /** Addresses that a load balancer has for itself: targets there are unusable. */
  readonly unusableAddresses = new Set<string>();
  /** Milliseconds from a registration by a call or by Auto Scaling until the target is in service. */
  registrationTime = 30_000;
  /**
   * The most targets in one call to register or deregister. AWS documents none, and refuses large batches now and then;
   * its own controllers send 100 or 200 at most (GitHub kubernetes/kubernetes#101592,
   * kubernetes-sigs/aws-load-balancer-controller#1342).
   */
  targetsPerCall = 200;
  readonly #parts: Parts;
  readonly #checks: HealthChecks;
  readonly #orders = new Map<Backend, TargetHealth>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.instances = parts.instances;
    this.limits = new RateLimits(parts.time);
    this.#checks = new HealthChecks(parts);
  }

  addLoadBalancer(plan: LoadBalancerPlan): LoadBalancer {
    const { account, time } = this.#parts;
    const type = plan.type ?? 'application';
    const resource = `loadbalancer/${type === 'network' ? 'net' : 'app'}/${plan.name}/${randomHex(16)}`;
    const balancer: LoadBalancer = {
      arn: arn(account, 'elasticloadbalancing', resource),
      name: plan.name,
      type,
      scheme: plan.scheme ?? 'internet-facing',
      vpcId: plan.vpcId ?? DEFAULT_VPC,
      zones: plan.zones ?? this.#zones(),
      dnsName: `${plan.name}-${randomHex(8)}.elb.${account.region}.amazonaws.com`,
      createdAt: time.date(),
      tags: { ...plan.tags },
    };
    this.loadBalancers.set(balancer.arn, balancer);
    return balancer;
  }

  addTargetGroup(plan: TargetGroupPlan): TargetGroup {
    const { account, time } = this.#parts;
    const resource = arn(account, 'elasticloadbalancing', `targetgroup/${plan.name}/${randomHex(16)}`);
    const protocol = plan.protocol ?? 'HTTP';
    const group: TargetGroup = {
      arn: resource,
      name: plan.name,
      targetType: plan.targetType ?? 'instance',
      protocol,
      port: plan.port ?? 80,
      vpcId: plan.vpcId ?? DEFAULT_VPC,
      healthCheck: { ...defaultHealthCheck(protocol), ...plan.healthCheck },
      attributes: new Map(Object.entries({ ...defaultAttributes(plan, protocol), ...plan.attributes })),
      tags: { ...plan.tags },
      loadBalancerArns: new Set((plan.loadBalancers ?? []).map((each) => this.loadBalancer(each).arn)),
      backends: new Backends({
        name: resource,
        time,
        events: this.events,
        // A group that no balancer uses has nothing to drain.
        drainingTime: () => (group.loadBalancerArns.size === 0 ? 0 : deregistrationDelay(group) * 1000),
      }),
    };
    this.targetGroups.set(group.arn, group);
    this.#checks.add(group.backends, group.healthCheck);
    return group;
  }

  addClassicBalancer(plan: ClassicBalancerPlan): ClassicBalancer {
    const { account, time } = this.#parts;
    const draining = (backend: Backend): number =>
      balancer.keepsConnections || backend.inFlight > 0 ? (balancer.connectionDraining ?? 0) * 1000 : 0;
    const balancer: ClassicBalancer = {
      name: plan.name,
      arn: arn(account, 'elasticloadbalancing', `loadbalancer/${plan.name}`),
      vpcId: plan.vpcId ?? DEFAULT_VPC,
      scheme: plan.scheme ?? 'internet-facing',
      zones: plan.zones ?? this.#zones(),
      dnsName: `${plan.name}-${randomHex(8)}.${account.region}.elb.amazonaws.com`,
      createdAt: time.date(),
      listeners: plan.listeners ?? [{ port: 80, instancePort: 80, protocol: 'TCP' }],
      healthCheck: { ...defaultHealthCheck('TCP'), healthyThreshold: 10, timeout: 5, ...plan.healthCheck },
      connectionDraining: plan.connectionDraining,
      keepsConnections: plan.keepsConnections ?? true,
      tags: { ...plan.tags },
      backends: new Backends({ name: plan.name, time, events: this.events, drainingTime: draining }),
    };
    this.classicBalancers.set(balancer.name, balancer);
    this.#checks.add(balancer.backends, balancer.healthCheck);
    return balancer;
  }

  /** By ARN or name. @throws AwsError LoadBalancerNotFound */
  loadBalancer(reference: string): LoadBalancer {
    const found = findIn(this.loadBalancers.values(), reference);
    if (found !== undefined) return found;
    throw new AwsError('LoadBalancerNotFound', `Load balancer '${reference}' not found`);
  }

  /** By ARN or name. @throws AwsError TargetGroupNotFound */
  targetGroup(reference: string): TargetGroup {
    const found = findIn(this.targetGroups.values(), reference);
    if (found !== undefined) return found;
    throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
  }

  /** @throws AwsError LoadBalancerNotFound */
  classicBalancer(name: string): ClassicBalancer {
    const found = this.classicBalancers.get(name);
    if (found !== undefined) return found;
    throw new AwsError('LoadBalancerNotFound', `There is no ACTIVE Load Balancer named '${name}'`);
  }

  /** Registers targets; they are in service at once unless told after how many milliseconds. */
  register(reference: string, targets: readonly TargetName[], initial = 0): Backend[] {
    const { backends, port } = this.targetGroup(reference);
    return targets.map((target) => backends.register({ ...target, port: target.port ?? port, initial }));
  }

  /** Registers instances with a classic load balancer; in service at once unless told after how many milliseconds. */
  registerInstances(name: string, instanceIds: readonly string[], initial = 0): Backend[] {
    const balancer = this.classicBalancer(name);
    const port = instancePort(balancer);
    return instanceIds.map((id) => balancer.backends.register({ id, port, initial }));
  }

  /** A target's state now, as DescribeTargetHealth shows it. */
  health(reference: string, target: TargetName): TargetHealth {
    const group = this.targetGroup(reference);
    const backend = group.backends.find(target.id, target.port ?? group.port);
    const order = backend === undefined ? undefined : this.#orders.get(backend);
    return order ?? healthOf(backend, { group, elb: this }, this.#parts.time.now());
  }

  /** Whether the balancer sends requests to it as to a healthy one. */
  isInService(backend: Backend): boolean {
    return backend.drainingUntil === undefined && backend.healthy && this.#parts.time.now() >= backend.initialUntil;
  }

  /** Makes a registered target show a state, whatever it is in; undefined ends it. */
  showHealth(reference: string, target: TargetName, health: TargetHealth | undefined): void {
    const group = this.targetGroup(reference);
    const backend = group.backends.find(target.id, target.port ?? group.port);
    if (backend === undefined) throw new Error(`${group.name} has no target ${target.id}`);
    if (health === undefined) this.#orders.delete(backend);
    else this.#orders.set(backend, health);
  }

  /** From now on, health checks of the pool are made at their intervals, answered by `probe`; before, all pass. */
  checkHealth(backends: Backends, probe: Probe): void {
    this.#checks.start(backends, probe);
  }

  /** The EC2 instance behind a target: the one of that id, or that has the address. */
  instanceOf(id: string): Instance | undefined {
    return this.instances.find(id) ?? this.instances.findByAddress(id);
  }

  #zones(): string[] {
    return ['a', 'b', 'c'].map((zone) => `${this.#parts.account.region}${zone}`);
  }
}

/** The instance port that stands for an instance of a classic load balancer, which registers whole instances. */
export function instancePort(balancer: ClassicBalancer): number {
  return balancer.listeners[0]?.instancePort ?? 80;
}

function findIn<T extends { readonly arn: string; readonly name: string }>(
  all: Iterable<T>,
  reference: string,
): T | undefined {
  return [...all].find((each) => each.arn === reference || each.name === reference);
}

/** Defaults of CreateTargetGroup (API reference). */
function defaultHealthCheck(protocol: Protocol): HealthCheck {
  const http = protocol === 'HTTP' || protocol === 'HTTPS';
  return {
    protocol: http ? 'HTTP' : 'TCP',
    port: 'traffic-port',
    path: http ? '/' : undefined,
    interval: 30,
    timeout: http ? 6 : 10,
    healthyThreshold: 5,
    unhealthyThreshold: 2,
  };
}

function defaultAttributes(plan: TargetGroupPlan, protocol: Protocol): Record<string, string> {
  const common = {
    'deregistration_delay.timeout_seconds': String(plan.deregistrationDelay ?? 300),
    'stickiness.enabled': 'false',
    'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
  };
  if (protocol === 'HTTP' || protocol === 'HTTPS') {
    return { ...common, 'load_balancing.algorithm.type': 'round_robin', 'slow_start.duration_seconds': '0' };
  }
  const terminates = protocol === 'UDP' || protocol === 'TCP_UDP';
  return { ...common, 'deregistration_delay.connection_termination.enabled': String(terminates) };
}
