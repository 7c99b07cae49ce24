/**
 * Whether the load balancers of a node can spare it (contract 7.1). What must go is not asked; what nothing but us wants
 * to go waits until enough other targets are healthy.
 */
import { instanceOf } from '../core/node.ts';
import { tooFewWithout, type TargetPool } from '../core/target-pool.ts';
import type { Stage } from './hold-hook.ts';
import type { Order } from './retirement.ts';

/** How often pools that cannot spare the node are looked at: each look costs Elastic Load Balancing's rates. */
const LOOK_SECONDS = 60;

/** Waits until every pool can spare the node; a load balancer that cannot be asked is asked again. */
export function targetRoomStage({ notice, cluster, course, ports }: Order, node: string): Stage<null, null> {
  const { balancing, clusters } = ports;
  const ofEither = { cluster: cluster.name, group: course.subject.group };
  const addresses = async (pools: readonly TargetPool[]): Promise<readonly string[]> => {
    if (!pools.some(({ by }) => by === 'ip')) return [];
    return (await clusters.open(cluster.name)).addressesOn(node);
  };
  /** Names of the pools that cannot spare it, with what they have. */
  const lacking = async (): Promise<string[]> => {
    if (!(await balancing.mayHavePools(ofEither))) return [];
    // What a controller keeps by address follows the pods, which their budgets guard.
    const pools = (await balancing.pools(ofEither)).filter(({ by, controlled }) => by === 'instance' || !controlled);
    if (pools.length === 0) return [];
    const ids = new Set([notice.instance, ...(await addresses(pools))]);
    const retiring = await (await clusters.open(cluster.name)).retiringNodes();
    const leaving = new Set(retiring.flatMap((other) => instanceOf(other) ?? []));
    const each = pools.map(async (pool) => {
      const lack = tooFewWithout(ids, await balancing.targets(pool, [...ids]), leaving);
      return lack === undefined ? [] : [`${pool.name} (${lack})`];
    });
    return (await Promise.all(each)).flat();
  };
  return {
    name: 'target-room',
    memory: null,
    pauseSeconds: LOOK_SECONDS,
    async pass() {
      const waitingFor = await lacking();
      return waitingFor.length === 0 ? { state: 'done', value: null } : { state: 'waiting', memory: null, waitingFor };
    },
  };
}
