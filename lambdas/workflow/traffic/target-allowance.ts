/**
 * Checks that the load balancers of a node can spare it (contract 7.1). A node that must go is not checked. A voluntary
 * retirement waits until enough other targets are healthy, and looks once more when its node is isolated: two that have
 * not seen each other before must not both go.
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
 * How often, and how long, an isolated node looks whether those behind it have given way. They do so at once, but where
 * a controller has taken them out by their label, it takes a while until they are healthy again.
 */
const GIVE_WAY_LOOK_SECONDS = 15;
const GIVE_WAY_MS = 300_000;

/**
 * Waits until every pool can spare the node; a load balancer that cannot be asked is asked again. `pools`: ids of the
 * pools that send requests to it.
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
 * Checks that the node can still be spared, now that all see that it goes. Each node is isolated before it looks, so of
 * two that begin at once at least one sees the other. A node that cannot be spared beside those before it gives way.
 * One that cannot be spared only because of those behind it waits until they have given way. No wait is long, because
 * the isolating label keeps a controller's targets off the node too. `givesWay`: the pools, with what they have.
 *
 * @param pools ids of the pools that sent requests to the node when it was isolated
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
      // Once found to be first, it stays so: those behind it that have given way bear no marks to know them by.
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

/** The pools that may have the node, each with its targets, and the ids by which they may have it. */
async function lookAtPools(
  { notice, cluster, course, ports }: Order,
  node: string,
): Promise<{ ids: ReadonlySet<string>; looked: readonly LookedAt[] }> {
  const { balancing, clusters } = ports;
  const ofEither = { cluster: cluster.name, group: course.subject.group };
  const found = (await balancing.poolsNamed(ofEither)) > 0 ? await balancing.pools(ofEither) : [];
  // IP targets that a controller keeps follow the pods, which budgets guard.
  const pools = found.filter(({ by, controlled }) => by === 'instance' || !controlled);
  const byAddress = pools.some(({ by }) => by === 'ip');
  const addresses = byAddress ? await (await clusters.open(cluster)).addressesOn(node) : [];
  const ids = [notice.instance, ...addresses];
  const looked = await Promise.all(pools.map(async (pool) => ({ pool, targets: await balancing.targets(pool, ids) })));
  return { ids: new Set(ids), looked };
}

/** Names of the pools that cannot spare the node, with what they have. */
function lacking(ids: ReadonlySet<string>, looked: readonly LookedAt[], leaving: ReadonlySet<string>): string[] {
  return looked.flatMap((each) => {
    const lack = tooFewWithout(ids, each, leaving);
    return lack === undefined ? [] : [`${each.pool.name} (${lack})`];
  });
}

/** The pools as they are once the `staying` nodes give way: a controller that took them out by label puts them back. */
function asIfStaying(looked: readonly LookedAt[], staying: ReadonlySet<string>): LookedAt[] {
  const stays = (target: Target): Target =>
    staying.has(target.id) && target.state === 'draining' ? { ...target, state: 'registered', healthy: true } : target;
  return looked.map(({ pool, targets }) => ({ pool, targets: targets.map(stays) }));
}

/** Nodes that a retirement owns: a node that only bears our label does not leave (contract 3.5). */
async function retiringNodes({ cluster, ports }: Order): Promise<readonly Node[]> {
  const found = await (await ports.clusters.open(cluster)).retiringNodes();
  return found.filter((node) => credibleOwnership(node, Date.now()) !== undefined);
}

function instancesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(nodes.flatMap((node) => instanceOf(node) ?? []));
}
