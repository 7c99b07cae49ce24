/**
 * Withdraws nodes that leave together from their load balancers together: one retirement does it for all (contract
 * 7.3). Each still looks itself whether it was done, wherever AWS's rates suffice for that (contract 3.5).
 */
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { ownershipOf } from '../../core/node/isolation.ts';
import { instanceOf, isInstance, type Node } from '../../core/kubernetes/node.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import type { TargetPool } from '../../core/traffic/target-pool.ts';
import { WITHDRAW_LABEL } from '../../core/node/marks.ts';
import { asking, canAllLook, credibleWithdrawal, leads, type Withdrawal } from '../../core/traffic/withdrawal.ts';
import { patchNode } from '../node/patch-node.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import { withdrawingFor } from './restorable-targets.ts';
import type { Retiree } from '../retirement/retiree.ts';
import { longestDrain, withdrawEach, withdrawTogether } from './withdraw-nodes.ts';

/** A node that has been withdrawn, and from where. */
export interface Withdrawn extends Withdrawal {
  /** Addresses by which the node was registered, besides its instance id. */
  readonly addresses: readonly string[];
}

/** State of a node's withdrawal, as its retirement knows it. */
export interface Asking {
  readonly node: string;
  /** When it began, epoch milliseconds. */
  readonly since: number;
  /** Whether the node has asked to be withdrawn: only then a withdrawal that is written on it can be an answer. */
  readonly hasAsked: boolean;
  /** Whether there is no time to wait for others. */
  readonly hurried: boolean;
}

interface Leaving {
  readonly api: Cluster;
  readonly retiree: Retiree;
  /** How many pools AWS names. */
  readonly named: number;
}

/** `later`: another node's retirement does it; `fault`: why the load balancers cannot be found, in AWS's words. */
type Outcome = { readonly withdrawal: Withdrawal | 'later' | 'gone' } | { readonly fault: string };

/** Withdraws the node, or returns what another retirement has done for it. */
export async function withdrawalFor(asked: Asking, leaving: Leaving): Promise<Outcome> {
  const { api, retiree } = leaving;
  const own = await api.readNode(asked.node);
  if (own === undefined || !isInstance(own, retiree.notice.instance)) return { withdrawal: 'gone' };
  const told = asked.hasAsked ? credibleWithdrawal(own, Date.now()) : undefined;
  if (told === undefined) return await withdraw(await withWhom(own, asked, leaving), { own, nodes: 1 }, leaving);
  // The number of nodes withdrawn with it decides only how often it looks from now on (`looksFrom`).
  return (await canLook(told, leaving)) ? await withdraw([own], { own, ...told }, leaving) : { withdrawal: told };
}

/** @param nodes how many leave together at least */
async function withdraw(
  together: readonly Node[],
  { own, nodes }: { own: Node; nodes: number },
  { api, retiree }: Leaving,
): Promise<Outcome> {
  if (together.length === 0) return { withdrawal: 'later' };
  const balancing = withdrawingFor(retiree, own.name);
  const pools = await poolsOf(together, retiree).catch((error: unknown) => String(error));
  if (typeof pools === 'string') return { fault: pools };
  const done = (await withdrawTogether(together, pools, { cluster: api, balancing })).get(own.name);
  return { withdrawal: done === undefined ? 'gone' : { ...done, nodes: Math.max(done.nodes, nodes) } };
}

/** The nodes to withdraw with this one. A voluntary retirement withdraws its own alone: it may have to be restored. */
async function withWhom(own: Node, { hurried, since }: Asking, { api, retiree }: Leaving): Promise<readonly Node[]> {
  return hurried || isVoluntary(retiree.notice.kind) ? [own] : await leavingWith(own, since, api);
}

/**
 * Whether the node looks at its load balancers itself, although a withdrawal is written on it: anybody may have written
 * that (contract 3.5). It believes it only where so many nodes leave together that AWS's rates would not suffice for
 * all to look. How many do is then counted in the cluster: the number that is written on the node proves nothing.
 */
async function canLook(told: Withdrawal, { api, named }: Leaving): Promise<boolean> {
  if (canAllLook({ nodes: told.nodes, pools: named })) return true;
  return canAllLook({ nodes: (await api.retiringNodes()).length, pools: named });
}

/** Asks to be withdrawn. @returns the nodes that this retirement withdraws, its own too; none: another does it */
async function leavingWith(own: Node, since: number, api: Cluster): Promise<readonly Node[]> {
  if (!(WITHDRAW_LABEL in own.labels)) {
    const isOwn = (found: Node): boolean => instanceOf(found) === instanceOf(own);
    await patchNode(own.name, api, async (found) => Promise.resolve(isOwn(found) ? asking(found) : 'gone'), own);
  }
  const lead = (first: Node | undefined): boolean => leads(own.name, first, { since, now: Date.now() });
  // Most often the node is the only one: then one short list is enough.
  const firstTwo = await api.withdrawingNodes(2);
  const [first] = firstTwo.filter(isSigned);
  if (first === firstTwo[0] && !lead(first)) return [];
  const leaving = (firstTwo.length < 2 ? firstTwo : await api.withdrawingNodes()).filter(isSigned);
  if (!lead(leaving[0])) return [];
  return leaving.some(({ name }) => name === own.name) ? leaving : [...leaving, own];
}

/** Whether it has an owner: a node that only bears the label is neither withdrawn nor waited for (contract 3.5). */
function isSigned(node: Node): boolean {
  return instanceOf(node) !== undefined && credibleOwnership(node, Date.now()) !== undefined;
}

/** Includes the group's pools unless voluntary: Auto Scaling takes the instance out of them itself, before the hook. */
export function scopeOf({ notice, cluster, course }: Retiree): { cluster: string; group?: string } {
  return { cluster: cluster.name, ...(!isVoluntary(notice.kind) && { group: course.subject.group }) };
}

/** The pools of the cluster, and those attached to the groups that let these nodes go. */
async function poolsOf(nodes: readonly Node[], retiree: Retiree): Promise<readonly TargetPool[]> {
  const { cluster, group } = scopeOf(retiree);
  const groups = group === undefined ? [] : [group, ...nodes.flatMap((node) => ownershipOf(node)?.group ?? [])];
  const scopes = [{ cluster }, ...[...new Set(groups)].map((each) => ({ group: each }))];
  const { ports } = retiree;
  const found = await Promise.all(scopes.map((scope) => ports.balancing.pools(scope)));
  return [...new Map(found.flat().map((pool) => [pool.id, pool])).values()];
}

/** Takes out the IP targets too: those of the pods on this node, which only its own retirement takes out. */
export async function withAddresses(
  withdrawal: Withdrawal,
  { api, retiree, node }: { api: Cluster; retiree: Retiree; node: string },
): Promise<Withdrawn> {
  const byAddress = withdrawal.pools.filter(({ by }) => by === 'ip');
  if (byAddress.length === 0) return { ...withdrawal, addresses: [] };
  const addresses = await api.addressesOn(node);
  const leaver = { instance: retiree.notice.instance, addresses };
  const { left, faults } = await withdrawEach([leaver], { pools: byAddress }, withdrawingFor(retiree, node));
  const found = new Set([...left, ...faults].map(({ pool }) => pool.id));
  const pools = withdrawal.pools.filter(({ by, id }) => by === 'instance' || found.has(id));
  const at = found.size > 0 ? Date.now() : withdrawal.at;
  const until = Math.max(withdrawal.until, at + longestDrain(pools));
  return { ...withdrawal, at, until, pools, addresses };
}

export function namesOf(pools: readonly TargetPool[]): string[] {
  return pools.map(({ name }) => name);
}
