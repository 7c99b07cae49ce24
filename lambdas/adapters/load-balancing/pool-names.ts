/** By what the pools of a group or of a cluster are found. */
export interface PoolNames {
  /** ARNs of target groups. */
  readonly groups: readonly string[];
  /** ARNs of application, network and gateway load balancers: all of their target groups count. */
  readonly balancers: readonly string[];
  /** Names of classic load balancers. */
  readonly classics: readonly string[];
  /** Whether the AWS Load Balancer Controller keeps a target group's targets, by ARN, as far as that is known already. */
  readonly controlled: ReadonlyMap<string, boolean>;
}
