/** In what state a target is, with the reasons and the words of DescribeTargetHealth. */
import type { InstanceState } from '../ec2/instances.ts';
import type { Backend } from './backends.ts';
import type { ElasticLoadBalancing } from './elastic-load-balancing.ts';
import type { TargetGroup } from './target-group.ts';

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

export interface TargetHealth {
  readonly state: TargetState;
  /** None when healthy. */
  readonly reason?: string;
  readonly description?: string;
}

export const NOT_REGISTERED: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
};

const DRAINING: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

const NOT_IN_USE: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
};

const ZONE_NOT_IN_USE: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target is in an Availability Zone that is not enabled for the load balancer',
};

const IP_UNUSABLE: TargetHealth = {
  state: 'unused',
  reason: 'Target.IpUnusable',
  description: 'Target IP address is reserved for use by a load balancer',
};

const INITIAL: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
};

const UNHEALTHY: TargetHealth = {
  state: 'unhealthy',
  reason: 'Target.FailedHealthChecks',
  description: 'Health checks failed',
};

/** Instances in these states get no requests. */
const STOPPED: readonly InstanceState[] = ['stopping', 'stopped', 'shutting-down', 'terminated'];

export function healthOf(backend: Backend | undefined, seen: Seen, now: number): TargetHealth {
  if (backend === undefined) return NOT_REGISTERED;
  if (backend.drainingUntil !== undefined) return DRAINING;
  const unused = whyUnused(backend, seen);
  if (unused !== undefined) return unused;
  if (now < backend.initialUntil) return INITIAL;
  return backend.healthy ? { state: 'healthy' } : UNHEALTHY;
}

interface Seen {
  readonly group: TargetGroup;
  readonly elb: ElasticLoadBalancing;
}

function whyUnused(backend: Backend, seen: Seen): TargetHealth | undefined {
  if (seen.group.loadBalancerArns.size === 0) return NOT_IN_USE;
  return whyUnusable(backend, seen) ?? (isInUsedZone(backend, seen) ? undefined : ZONE_NOT_IN_USE);
}

function whyUnusable({ id }: Backend, { group, elb }: Seen): TargetHealth | undefined {
  if (group.targetType === 'ip') return elb.unusableAddresses.has(id) ? IP_UNUSABLE : undefined;
  const { state } = elb.instances.find(id) ?? {};
  if (state === undefined || !STOPPED.includes(state)) return undefined;
  const ended = state === 'stopping' || state === 'stopped' ? 'stopped' : 'terminated';
  return { state: 'unused', reason: 'Target.InvalidState', description: `Target is in the ${ended} state` };
}

function isInUsedZone({ id, zone }: Backend, { group, elb }: Seen): boolean {
  const at = zone ?? elb.instanceOf(id)?.zone;
  if (at === undefined || at === 'all') return true;
  return [...group.loadBalancerArns].some((each) => elb.loadBalancers.get(each)?.zones.includes(at) === true);
}
