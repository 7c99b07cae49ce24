/** Withdraws nodes together, so that each pool is asked once for all of them (contract 7.3). */
import { withdrawalOf, withdrawn, type Withdrawal } from '../../core/traffic/withdrawal.ts';
import type { NodePatch } from '../../core/node/marks.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import type { TargetPool } from '../../core/traffic/target-pool.ts';
import { patchNode } from '../node/patch-node.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import { withdrawPass, type Leaver, type PoolTargets, type Withdrawing } from './withdraw-pass.ts';

/** A pool that could not be asked, or not be changed. */
export interface PoolFault {
  readonly pool: TargetPool;
  readonly error: unknown;
}

/**
 * Takes the leavers out of the pools, and returns where they still are. A pool that fails hinders no other (faults 25).
 * No request is under way any more when it returns.
 */
export async function withdrawEach(
  leavers: readonly Leaver[],
  { pools, dryRun = false }: { pools: readonly TargetPool[]; dryRun?: boolean },
  balancing: Withdrawing,
): Promise<{ left: readonly PoolTargets[]; faults: readonly PoolFault[] }> {
  const passes = pools.map((pool) => withdrawPass(leavers, { pools: [pool], dryRun }, balancing));
  const faults: PoolFault[] = [];
  const left: PoolTargets[] = [];
  for (const [index, end] of (await Promise.allSettled(passes)).entries()) {
    const pool = pools[index];
    if (end.status === 'fulfilled') left.push(...end.value);
    else if (pool !== undefined) faults.push({ pool, error: end.reason });
  }
  return { left, faults };
}

/**
 * Takes the nodes' instances out of the pools that go by instance, and writes that on each node.
 *
 * @returns the withdrawals by node name
 */
export async function withdrawTogether(
  nodes: readonly Node[],
  pools: readonly TargetPool[],
  { cluster, balancing }: { cluster: Cluster; balancing: Withdrawing },
): Promise<Map<string, Withdrawal>> {
  const leavers = nodes.map((node) => ({ instance: instanceOf(node) ?? '', addresses: [] }));
  const byInstance = pools.filter(({ by }) => by === 'instance');
  const { left, faults } = await withdrawEach(leavers, { pools: byInstance }, balancing);
  // The retirement of each node finds out itself which of these have its pods.
  const byAddress = pools.filter(({ by }) => by === 'ip');
  const failed = faults.map(({ pool }) => pool);
  const now = Date.now();
  const done = new Map(
    nodes.map((node): [Node, Withdrawal] => {
      const its = left.filter(({ instance }) => instance === instanceOf(node)).map(({ pool }) => pool);
      // A pool that failed may have the node: it is looked at again at the end.
      const own = [...new Set([...its, ...failed])];
      const until = now + longestDrain(own);
      return [node, { at: now, until, nodes: nodes.length, pools: [...own, ...byAddress] }];
    }),
  );
  await Promise.all([...done].map(([node, withdrawal]) => mark(node, withdrawal, cluster)));
  return new Map([...done].map(([{ name }, withdrawal]) => [name, withdrawal]));
}

/** The longest drain time of these pools, milliseconds. */
export function longestDrain(pools: readonly TargetPool[]): number {
  return Math.max(0, ...pools.map(({ drainSeconds }) => drainSeconds * 1000));
}

/** Writes the withdrawal on the node, unless another machine has the node's name by now (contract 2.1). */
async function mark(node: Node, withdrawal: Withdrawal, cluster: Cluster): Promise<void> {
  const patchOf = (found: Node): Promise<NodePatch | 'unchanged'> => {
    const isSkipped = instanceOf(found) !== instanceOf(node) || withdrawalOf(found) !== undefined;
    return Promise.resolve(isSkipped ? 'unchanged' : withdrawn(found, withdrawal));
  };
  await patchNode(node.name, cluster, patchOf, node);
}
