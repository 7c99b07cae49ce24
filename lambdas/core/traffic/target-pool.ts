/** Where a load balancer's traffic goes: target groups, and classic load balancers, which hold their instances themselves. */

/** One target group, or one classic load balancer. */
export interface TargetPool {
  readonly kind: 'target group' | 'classic';
  /** The target group's ARN, or the classic load balancer's name. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** What its targets are registered by. */
  readonly by: 'instance' | 'ip';
  /**
   * How long its targets drain at most, seconds: the target group's deregistration delay, the classic load balancer's
   * connection draining; 0 when it is off.
   */
  readonly drainSeconds: number;
  /** The AWS Load Balancer Controller keeps its targets (tag `elbv2.k8s.aws/cluster`). */
  readonly controlled: boolean;
  /**
   * Its health check asks for another port than its requests go to: in front of a service with
   * `externalTrafficPolicy: Local` the port that says whether the node has a pod of it, so that most nodes are unhealthy
   * by design.
   */
  readonly ownHealthPort?: true;
}

/** By what a target is registered. */
export interface Registration {
  /** Instance id or IP address. */
  readonly id: string;
  /** Absent for classic load balancers. */
  readonly port?: number;
  /** Of an IP target outside of the VPC: what AWS wants to hear again when it is deregistered. */
  readonly zone?: string;
  /** Of a target that speaks QUIC: AWS takes it by this id only. */
  readonly serverId?: string;
}

/** One registration as it is now; a target of several ports has several. */
export interface Target extends Registration {
  /**
   * `registered`: requests may come, now or as soon as it is healthy; `draining`: no new requests. What is not registered
   * any more is not told at all.
   */
  readonly state: 'registered' | 'draining';
  /** AWS counts it as healthy. */
  readonly healthy: boolean;
  /** It is new, and AWS has not found out yet. */
  readonly coming?: true;
}

/** Which pools are looked at; those that several parts name are told once. */
export interface PoolScope {
  /** Those attached to this Auto Scaling group. */
  readonly group?: string;
  /** Those tagged for this cluster (contract 7.2). */
  readonly cluster?: string;
  /** Every one of this VPC. */
  readonly vpc?: string;
}

/** The share of a pool's targets that must stay healthy when one goes that need not (contract 7.1). */
const HEALTHY_SHARE = 0.5;

/** Where kube-proxy says whether a node is well, whatever pods it has: each ought to be. */
const KUBE_PROXY_HEALTH_PORT = '10256';

/** @param ports of the requests */
export function isOwnHealthPort(port: string, ports: readonly string[]): boolean {
  return port !== KUBE_PROXY_HEALTH_PORT && !ports.includes(port);
}

/** Whether a pool sends requests to one of these, or is about to. @param ids instance ids and addresses */
export function sendsTo(ids: ReadonlySet<string>, targets: readonly Target[]): boolean {
  return targets.some((target) => ids.has(target.id) && (isHealthy(target) || target.coming === true));
}

/**
 * Whether too few targets of a pool, of those that drain too, would be healthy without these, to which it sends requests.
 * Where targets are unhealthy by design, those that are not healthy do not count.
 *
 * @param ids instance ids and addresses of those that are to go
 * @param leaving ids of others that are on their way out, healthy as they may be now
 * @returns how few, in words; undefined when it can spare them
 */
export function tooFewWithout(
  ids: ReadonlySet<string>,
  { pool, targets }: { readonly pool: Pick<TargetPool, 'ownHealthPort'>; readonly targets: readonly Target[] },
  leaving: ReadonlySet<string> = new Set(),
): string | undefined {
  const whole = pool.ownHealthPort ? targets.filter((each) => isHealthy(each) || each.state === 'draining') : targets;
  const left = whole.filter((target) => isHealthy(target) && !ids.has(target.id) && !leaving.has(target.id)).length;
  if (left >= whole.length * HEALTHY_SHARE) return undefined;
  return `${left} of ${whole.length} targets ${pool.ownHealthPort ? 'in use ' : ''}would be healthy without it`;
}

function isHealthy({ state, healthy }: Target): boolean {
  return state === 'registered' && healthy;
}
