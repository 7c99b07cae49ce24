/**
 * What is done for a node at its load balancers, by its own retirement or another's: nodes that leave together are withdrawn
 * together (contract 7.3). A node looks itself whether it was done wherever AWS's rates last for that (contract 3.5).
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
  /** By which it was registered, its instance id apart. */
  readonly addresses: readonly string[];
}

/** What a node's retirement knows of its withdrawal. */
export interface Asking {
  readonly node: string;
  /** When it began, epoch milliseconds. */
  readonly since: number;
  /** The node has been asking to be withdrawn: what it says since then is the answer, if anybody's. */
  readonly hasAsked: boolean;
  /** There is no time to wait for others. */
  readonly hurried: boolean;
}

interface Leaving {
  readonly api: Cluster;
  readonly retiree: Retiree;
  /** How many pools AWS names. */
  readonly named: number;
}

/** `later`: another node's retirement does it; `fault`: the load balancers cannot be found, in AWS's words. */
type Outcome = { readonly withdrawal: Withdrawal | 'later' | 'gone' } | { readonly fault: string };

/** What has been done for the node, by whomever. */
export async function withdrawalFor(asked: Asking, leaving: Leaving): Promise<Outcome> {
  const { api, retiree } = leaving;
  const own = await api.readNode(asked.node);
  if (own === undefined || !isInstance(own, retiree.notice.instance)) return { withdrawal: 'gone' };
  const told = asked.hasAsked ? credibleWithdrawal(own, Date.now()) : undefined;
  if (told === undefined) return await withdraw(await withWhom(own, asked, leaving), { own, nodes: 1 }, leaving);
  // How many were withdrawn with it tells how often it looks on (`looksFrom`), nothing more.
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

/** A node that nothing forces to go is no part of what leaves together: it may have to be restored. */
async function withWhom(own: Node, { hurried, since }: Asking, { api, retiree }: Leaving): Promise<readonly Node[]> {
  return hurried || isVoluntary(retiree.notice.kind) ? [own] : await leavingWith(own, since, api);
}

/**
 * Whether the node looks itself what AWS has of it, although it is told to be withdrawn: anybody may have written that
 * (contract 3.5). It believes what it is told only where so many leave together that AWS's rates would not last for the looks
 * of each: then by the nodes that there are, and not by what it is told.
 */
async function canLook(told: Withdrawal, { api, named }: Leaving): Promise<boolean> {
  if (canAllLook({ nodes: told.nodes, pools: named })) return true;
  return canAllLook({ nodes: (await api.retiringNodes()).length, pools: named });
}

/** Asks to be withdrawn. @returns those that this node's retirement withdraws, itself among them; none when another's does */
async function leavingWith(own: Node, since: number, api: Cluster): Promise<readonly Node[]> {
  if (!(WITHDRAW_LABEL in own.labels)) {
    const isOwn = (found: Node): boolean => instanceOf(found) === instanceOf(own);
    await patchNode(own.name, api, async (found) => Promise.resolve(isOwn(found) ? asking(found) : 'gone'), own);
  }
  const lead = (first: Node | undefined): boolean => leads(own.name, first, { since, now: Date.now() });
  // Most often it is the only one: then these are all.
  const firstTwo = await api.withdrawingNodes(2);
  const [first] = firstTwo.filter(isSigned);
  if (first === firstTwo[0] && !lead(first)) return [];
  const leaving = (firstTwo.length < 2 ? firstTwo : await api.withdrawingNodes()).filter(isSigned);
  if (!lead(leaving[0])) return [];
  return leaving.some(({ name }) => name === own.name) ? leaving : [...leaving, own];
}

/** A label that no retirement has signed for is anybody's: such a node is not withdrawn, nor waited for (contract 3.5). */
function isSigned(node: Node): boolean {
  return instanceOf(node) !== undefined && credibleOwnership(node, Date.now()) !== undefined;
}

/** What is attached to a group, Auto Scaling takes out itself before the hook: of one that nothing forces to go, later. */
export function scopeOf({ notice, cluster, course }: Retiree): { cluster: string; group?: string } {
  return { cluster: cluster.name, ...(!isVoluntary(notice.kind) && { group: course.subject.group }) };
}

/** Of the cluster, and of the groups that let these nodes go. */
async function poolsOf(nodes: readonly Node[], retiree: Retiree): Promise<readonly TargetPool[]> {
  const { cluster, group } = scopeOf(retiree);
  const groups = group === undefined ? [] : [group, ...nodes.flatMap((node) => ownershipOf(node)?.group ?? [])];
  const scopes = [{ cluster }, ...[...new Set(groups)].map((each) => ({ group: each }))];
  const { ports } = retiree;
  const found = await Promise.all(scopes.map((scope) => ports.balancing.pools(scope)));
  return [...new Map(found.flat().map((pool) => [pool.id, pool])).values()];
}

/** IP targets are those of the pods on this node, which its own retirement takes out. */
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
