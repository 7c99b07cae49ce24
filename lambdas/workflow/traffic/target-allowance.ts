/**
 * Whether the load balancers of a node can spare it (contract 7.1). What must go is not asked; what nothing but us wants
 * to go waits until enough other targets are healthy, and looks once more when it is isolated: two that have not seen
 * each other before must not both go.
 */
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import { nodesBehind } from '../../core/retirement/slot.ts';
import { sendsTo, tooFewWithout, type Target, type TargetPool } from '../../core/traffic/target-pool.ts';
import type { Stage } from '../run/stage.ts';
import type { Order } from '../retirement/retirement.ts';
import { cancellationOf, slotContenders, type Cancellation } from '../retirement/slot-contenders.ts';

/** How often pools that cannot spare the node are looked at: each look costs Elastic Load Balancing's rates. */
const LOOK_SECONDS = 60;

/**
 * How often it is looked, isolated, whether those behind it have given way, and for how long. They do so at once, but a
 * controller that has taken them out by their label needs a while until they are healthy again.
 */
const GIVE_WAY_LOOK_SECONDS = 15;
const GIVE_WAY_MS = 300_000;

/**
 * Waits until every pool can spare the node; a load balancer that cannot be asked is asked again. `pools`: ids of those
 * that send requests to it.
 */
export function targetAllowanceStage(order: Order, node: string): Stage<{ pools: readonly string[] }, null> {
  return {
    name: 'target-room',
    memory: null,
    pauseSeconds: LOOK_SECONDS,
    async pass() {
      const { ids, looked } = await lookAtPools(order, node);
      const sending = looked.filter(({ targets }) => sendsTo(ids, targets));
      if (sending.length === 0) return { state: 'done', value: { pools: [] } };
      const waitingFor = lacking(ids, sending, instancesOf(await retiringNodes(order)));
      if (waitingFor.length > 0) return { state: 'waiting', memory: null, waitingFor };
      return { state: 'done', value: { pools: sending.map(({ pool }) => pool.id) } };
    },
  };
}

/**
 * Whether it can be spared still, now that everybody sees that it goes. Each is isolated before it looks, so of two that
 * begin at once one at least sees the other. Whom the pools cannot spare beside those before it gives way; whom they
 * cannot spare only because of those behind it waits until these have. Nobody waits for long, because the label that
 * isolates keeps a controller's targets from it too. `givesWay`: the pools, with what they have.
 *
 * @param pools ids of those that sent requests to it when it was isolated
 */
export function giveWayStage(
  order: Order,
  { node, pools }: { node: string; pools: readonly string[] },
): Stage<Cancellation & { givesWay?: readonly string[] }, { since?: number }> {
  return {
    name: 'give-way',
    memory: {},
    pauseSeconds: GIVE_WAY_LOOK_SECONDS,
    async pass({ since: waitsSince }) {
      const retiring = await retiringNodes(order);
      const others = cancellationOf(order, retiring, node);
      if (others !== undefined) return { state: 'done', value: others };
      const { ids, looked } = await lookAtPools(order, node);
      const sending = looked.filter(({ pool }) => pools.includes(pool.id));
      const waitingFor = lacking(ids, sending, instancesOf(retiring));
      if (waitingFor.length === 0) return { state: 'done', value: {} };
      const names = new Set(nodesBehind(node, slotContenders(order, retiring, { node, isolatedAt: Date.now() })));
      const behind = instancesOf(retiring.filter(({ name }) => names.has(name)));
      const before = instancesOf(retiring.filter(({ name }) => !names.has(name)));
      // Those behind it that have given way since it was found to be the first bear no marks any more to tell them by.
      const isFirst = waitsSince !== undefined || lacking(ids, asIfStaying(sending, behind), before).length === 0;
      const since = waitsSince ?? Date.now();
      if (isFirst && Date.now() - since < GIVE_WAY_MS) return { state: 'waiting', memory: { since }, waitingFor };
      return { state: 'done', value: { givesWay: waitingFor } };
    },
  };
}

interface LookedAt {
  readonly pool: TargetPool;
  readonly targets: readonly Target[];
}

/** The pools that may have the node, each with its targets, and what the node is registered by there. */
async function lookAtPools(
  { notice, cluster, course, ports }: Order,
  node: string,
): Promise<{ ids: ReadonlySet<string>; looked: readonly LookedAt[] }> {
  const { balancing, clusters } = ports;
  const ofEither = { cluster: cluster.name, group: course.subject.group };
  const found = (await balancing.poolsNamed(ofEither)) > 0 ? await balancing.pools(ofEither) : [];
  // What a controller keeps by address follows the pods, which their budgets guard.
  const pools = found.filter(({ by, controlled }) => by === 'instance' || !controlled);
  const byAddress = pools.some(({ by }) => by === 'ip');
  const addresses = byAddress ? await (await clusters.open(cluster.name)).addressesOn(node) : [];
  const ids = [notice.instance, ...addresses];
  const looked = await Promise.all(pools.map(async (pool) => ({ pool, targets: await balancing.targets(pool, ids) })));
  return { ids: new Set(ids), looked };
}

/** Names of the pools that cannot spare it, with what they have. */
function lacking(ids: ReadonlySet<string>, looked: readonly LookedAt[], leaving: ReadonlySet<string>): string[] {
  return looked.flatMap((each) => {
    const lack = tooFewWithout(ids, each, leaving);
    return lack === undefined ? [] : [`${each.pool.name} (${lack})`];
  });
}

/** As if those came back that a controller has taken out by their label, as soon as they give way. */
function asIfStaying(looked: readonly LookedAt[], staying: ReadonlySet<string>): LookedAt[] {
  const stays = (target: Target): Target =>
    staying.has(target.id) && target.state === 'draining' ? { ...target, state: 'registered', healthy: true } : target;
  return looked.map(({ pool, targets }) => ({ pool, targets: targets.map(stays) }));
}

/** Those that a retirement has signed for: what only bears our label goes nowhere (contract 3.5). */
async function retiringNodes({ cluster, ports }: Order): Promise<readonly Node[]> {
  const found = await (await ports.clusters.open(cluster.name)).retiringNodes();
  return found.filter((node) => credibleOwnership(node, Date.now()) !== undefined);
}

function instancesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(nodes.flatMap((node) => instanceOf(node) ?? []));
}
