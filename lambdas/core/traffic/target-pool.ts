/** Balancer pools: target groups, and classic load balancers, which have their instances themselves. */

/** One target group, or one classic load balancer. */
export interface TargetPool {
  readonly kind: 'target group' | 'classic';
  /** The target group's ARN, or the classic load balancer's name. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /** How its targets are registered. */
  readonly by: 'instance' | 'ip';
  /**
   * Longest drain of a target, seconds: the target group's deregistration delay, or the classic load balancer's
   * connection draining; 0 when it is off.
   */
  readonly drainSeconds: number;
  /** The AWS Load Balancer Controller manages its targets (tag `elbv2.k8s.aws/cluster`). */
  readonly controlled: boolean;
  /**
   * Its health check uses another port than its requests. For a service with `externalTrafficPolicy: Local` that port
   * says whether the node has a pod of the service, so most nodes are unhealthy by design.
   */
  readonly ownHealthPort?: true;
}

/** The fields that a target is registered by. */
export interface Registration {
  /** Instance id or IP address. */
  readonly id: string;
  /** Absent for classic load balancers. */
  readonly port?: number;
  /** Zone of an IP target outside of the VPC: AWS needs it again to deregister the target. */
  readonly zone?: string;
  /** Server id of a QUIC target: AWS accepts such a target only with it. */
  readonly serverId?: string;
}

/** One registration with its state. A target with several ports has several. */
export interface Target extends Registration {
  /**
   * `registered`: requests may come, now or once it is healthy. `draining`: no new requests. A target that is
   * deregistered is absent.
   */
  readonly state: 'registered' | 'draining';
  /** Healthy by AWS's health check. */
  readonly healthy: boolean;
  /** New: AWS has not checked its health yet. */
  readonly coming?: true;
}

/** The balancer pools to look at: all that any of these fields selects, each once. */
export interface PoolScope {
  /** Pools attached to this Auto Scaling group. */
  readonly group?: string;
  /** Pools tagged for this cluster (contract 7.2). */
  readonly cluster?: string;
  /** All pools of this VPC. */
  readonly vpc?: string;
}

/** Share of a pool's targets that must stay healthy in a voluntary retirement (contract 7.1). */
const HEALTHY_SHARE = 0.5;

/** Port of kube-proxy's health check, which every node should pass, whatever pods it has. */
const KUBE_PROXY_HEALTH_PORT = '10256';

/** Whether a health check has a port of its own, neither kube-proxy's nor one of requests. @param ports of requests */
export function isOwnHealthPort(port: string, ports: readonly string[]): boolean {
  return port !== KUBE_PROXY_HEALTH_PORT && !ports.includes(port);
}

/** Whether a pool sends requests to one of these targets, or soon will. @param ids instance ids and addresses */
export function sendsTo(ids: ReadonlySet<string>, targets: readonly Target[]): boolean {
  return targets.some((target) => ids.has(target.id) && (isHealthy(target) || target.coming === true));
}

/**
 * Says that too few targets of a pool would be healthy without these; undefined when the pool can spare them. Targets
 * that drain count among all. In a pool with targets that are unhealthy by design, unhealthy ones do not.
 *
 * @param ids instance ids and addresses of the targets that are to go
 * @param leaving ids of other targets that leave, even if they are healthy now
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
