/** Names by which the balancer pools of a group or a cluster are found. */
export interface PoolNames {
  /** ARNs of target groups. */
  readonly groups: readonly string[];
  /** ARNs of application, network and gateway load balancers. All of their target groups count. */
  readonly balancers: readonly string[];
  /** Names of classic load balancers. */
  readonly classics: readonly string[];
  /** Whether the AWS Load Balancer Controller manages a target group, by ARN, as far as known already. */
  readonly controlled: ReadonlyMap<string, boolean>;
}
