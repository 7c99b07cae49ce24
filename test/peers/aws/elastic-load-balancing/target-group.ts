/** Load balancers and target groups of API version 2, and the classic load balancers: what they are made of. */
import type { Backends } from './backends.ts';

export type Tags = Record<string, string>;

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly type: 'application' | 'network';
  readonly scheme: 'internet-facing' | 'internal';
  readonly vpcId: string;
  /** The zones that it is enabled in. */
  readonly zones: readonly string[];
  readonly dnsName: string;
  readonly createdAt: Date;
  readonly tags: Tags;
}

export interface LoadBalancerPlan {
  readonly name: string;
  /** Default application. */
  readonly type?: LoadBalancer['type'];
  /** Default internet-facing. */
  readonly scheme?: LoadBalancer['scheme'];
  /** Default the VPC that instances are launched in unless told. */
  readonly vpcId?: string;
  /** Default a, b and c of the region. */
  readonly zones?: readonly string[];
  readonly tags?: Readonly<Tags>;
}

/** How a balancer checks its targets. Seconds and counts, as in the API. */
export interface HealthCheck {
  readonly protocol: string;
  readonly port: string;
  readonly path: string | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export type Protocol = 'HTTP' | 'HTTPS' | 'TCP' | 'TLS' | 'UDP' | 'TCP_UDP';

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly targetType: 'instance' | 'ip';
  readonly protocol: Protocol;
  readonly port: number;
  readonly vpcId: string;
  readonly healthCheck: HealthCheck;
  /** Every attribute by its name in the API. */
  readonly attributes: Map<string, string>;
  readonly tags: Tags;
  /** The balancers that send requests to it; none: the group is not in use. */
  readonly loadBalancerArns: Set<string>;
  readonly backends: Backends;
}

export interface TargetGroupPlan {
  readonly name: string;
  /** Default instance. */
  readonly targetType?: TargetGroup['targetType'];
  /** Default HTTP. */
  readonly protocol?: Protocol;
  /** The port of targets registered without one. Default 80. */
  readonly port?: number;
  readonly vpcId?: string;
  /** Default as AWS's: every 30 s, healthy after 5, unhealthy after 2. */
  readonly healthCheck?: Partial<HealthCheck>;
  /** Seconds. Default 300. */
  readonly deregistrationDelay?: number;
  /** Further attributes, by their names in the API. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Tags>;
  /** Names or ARNs. Default none. */
  readonly loadBalancers?: readonly string[];
}

/** A target as calls name it: without a port, the group's own. */
export interface TargetName {
  readonly id: string;
  readonly port?: number | undefined;
  readonly zone?: string | undefined;
}

export interface ClassicBalancer {
  readonly name: string;
  readonly arn: string;
  readonly vpcId: string;
  readonly scheme: LoadBalancer['scheme'];
  readonly zones: readonly string[];
  readonly dnsName: string;
  readonly createdAt: Date;
  /** Ports of the balancer and of the instances. */
  readonly listeners: readonly { readonly port: number; readonly instancePort: number; readonly protocol: string }[];
  readonly healthCheck: HealthCheck;
  /** Seconds that a deregistered instance goes on with what is in flight; undefined: connection draining is off. */
  connectionDraining: number | undefined;
  /**
   * Whether connections to instances stay open when no request is in flight, so that draining lasts to its timeout.
   * Without any, deregistration is complete at once (user guide for Classic Load Balancers, connection draining).
   */
  keepsConnections: boolean;
  readonly tags: Tags;
  readonly backends: Backends;
}

export interface ClassicBalancerPlan {
  readonly name: string;
  readonly vpcId?: string;
  readonly scheme?: ClassicBalancer['scheme'];
  readonly zones?: readonly string[];
  /** Default port 80 to instance port 80, TCP. */
  readonly listeners?: ClassicBalancer['listeners'];
  /** Default as AWS's: every 30 s, healthy after 10, unhealthy after 2. */
  readonly healthCheck?: Partial<HealthCheck>;
  /** Seconds. Default off, as for balancers made by the API. */
  readonly connectionDraining?: number;
  /** Default true. */
  readonly keepsConnections?: boolean;
  readonly tags?: Readonly<Tags>;
}

/** Seconds that a deregistered target of the group drains. */
export function deregistrationDelay(group: TargetGroup): number {
  return Number(group.attributes.get('deregistration_delay.timeout_seconds') ?? 300);
}
