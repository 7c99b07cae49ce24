/**
 * The two stages of a retirement that see to load balancers (contract 7): the node is taken out of them before its pods
 * are evicted, and the instance is let go only once its targets have drained. A load balancer that fails delays neither
 * for longer than its bound, and is named.
 */
import { chargeOf } from '../core/isolation.ts';
import { instanceOf, isInstance, type Node } from '../core/node.ts';
import { isVoluntary } from '../core/notice.ts';
import { WATCHED_LATER_MS } from '../core/suspension.ts';
import { targetsDeregistered, targetsDrained, targetsLate, type Subject } from '../core/retirement-events.ts';
import type { TargetPool } from '../core/target-pool.ts';
import {
  asking,
  EVICT_AFTER_MS,
  hurriedFrom,
  LATE_MS,
  leads,
  looksFrom,
  notAsking,
  WITHDRAW_LABEL,
  withdrawalOf,
  type Withdrawal,
} from '../core/withdrawal.ts';
import type { Pass, Stage } from './hold-hook.ts';
import { patchNode } from './patch-node.ts';
import type { Cluster } from './ports.ts';
import { withdrawingFor } from './restorable-targets.ts';
import { secondsSince, type Retiree } from './retirement-stages.ts';
import { inTime, sleep } from './sleep.ts';
import { longestDrain, withdrawEach, withdrawTogether } from './withdraw-nodes.ts';

/** A node that has been withdrawn, and from where. */
export interface Withdrawn extends Withdrawal {
  /** By which it was registered, its instance id apart. */
  readonly addresses: readonly string[];
}

/** How often a node that waits for others, or for a load balancer that fails, is looked at again. */
const PAUSE_SECONDS = 5;

/** How often targets that drain are looked at. */
const LOOK_SECONDS = 15;

/** For how long a load balancer that cannot be asked keeps a node from being drained. */
const FAILS_MS = 60_000;

interface WithdrawMemory {
  /** When it began, epoch milliseconds. */
  readonly since?: number;
}

type WithdrawPass = Pass<{ withdrawn?: Withdrawn }, WithdrawMemory>;

/**
 * Takes one node out of its load balancers (contract 7.1–7.3): a stage waits for that, or, in a hurry, another stage goes
 * on beside. However many target groups there are, one try at them is under way at a time, and no second one once it is done.
 */
export class NodeWithdrawal {
  readonly #retiree: Retiree;
  readonly #node: string;
  readonly #deadline: number;
  /** The try that is under way, or done. */
  #trying: Promise<WithdrawPass> | undefined;

  /** @param deadline of the retirement, epoch milliseconds */
  constructor(retiree: Retiree, { node, deadline }: { node: string; deadline: number }) {
    this.#retiree = retiree;
    this.#node = node;
    this.#deadline = deadline;
  }

  /**
   * Waits until new requests can reach the node no more; done without a value when it is in no load balancer.
   *
   * @param until when it is waited for no longer, epoch milliseconds
   */
  stage(until: number): Stage<{ withdrawn?: Withdrawn }, WithdrawMemory> {
    return {
      name: 'withdraw',
      memory: {},
      until,
      pauseSeconds: PAUSE_SECONDS,
      pass: async ({ since = Date.now() }, { subject }) => {
        const inVain = waiting(since, ['its load balancers']);
        if (Date.now() >= until) return inVain;
        const pass = (await inTime(this.#try(since, subject), until)) ?? inVain;
        const at = pass.state === 'done' && !this.#isInAHurry() ? pass.value.withdrawn?.at : undefined;
        // Pods are evicted only when no new request can be on its way any more.
        if (at !== undefined) await sleep(Math.min(at + EVICT_AFTER_MS, until) - Date.now());
        return pass;
      },
    };
  }

  /**
   * The stage, during whose passes the node is withdrawn. A pass lasts until that is done, so that nothing is under way
   * between two steps of the run, or a stage that fails.
   *
   * @param until epoch milliseconds
   */
  beside<Value, Memory>(stage: Stage<Value, Memory>, until: number): Stage<Value, Memory> {
    return {
      ...stage,
      pass: async (before, turn) => {
        const withdrawing = { isUnderWay: true };
        // Its failure counts where it is waited for: it is tried again then, or in the next pass.
        const withdrawn = this.#untilDone(turn.subject, until)
          .catch(() => undefined)
          .finally(() => {
            withdrawing.isUnderWay = false;
          });
        let pass = await stage.pass(before, turn);
        while (withdrawing.isUnderWay && pass.state === 'waiting' && Date.now() < until) {
          turn.keep(pass.memory);
          const watchUntil = Math.min(until, Date.now() + WATCHED_LATER_MS);
          pass = await stage.pass(pass.memory, { ...turn, watchUntil });
        }
        await inTime(withdrawn, until);
        return pass;
      },
    };
  }

  async #untilDone(subject: Subject, until: number): Promise<void> {
    const since = Date.now();
    while ((await this.#try(since, subject)).state === 'waiting' && Date.now() < until)
      await sleep(PAUSE_SECONDS * 1000);
  }

  /** @param since when it began, epoch milliseconds */
  #try(since: number, subject: Subject): Promise<WithdrawPass> {
    this.#trying ??= this.#withdraw(since, subject).then(
      (pass) => {
        if (pass.state === 'waiting') this.#trying = undefined;
        return pass;
      },
      (error: unknown) => {
        this.#trying = undefined;
        throw error;
      },
    );
    return this.#trying;
  }

  async #withdraw(since: number, subject: Subject): Promise<WithdrawPass> {
    const retiree = this.#retiree;
    const { cluster, ports } = retiree;
    const any = await ports.balancing.mayHavePools(scopeOf(retiree)).catch((error: unknown) => String(error));
    if (typeof any === 'string') return await orGiveUp(any, since, { subject, retiree });
    if (!any) return NOWHERE;
    const api = await ports.clusters.open(cluster.name);
    const asked = { node: this.#node, since, hurried: this.#isInAHurry() };
    const outcome = await withdrawalFor(asked, { api, retiree });
    if ('fault' in outcome) return await orGiveUp(outcome.fault, since, { subject, retiree });
    const { withdrawal } = outcome;
    if (withdrawal === 'later') return waiting(since, ['the first of the leaving nodes, with which it is withdrawn']);
    if (withdrawal === 'gone') return NOWHERE;
    const withdrawn = await withAddresses(withdrawal, { api, retiree, node: this.#node });
    if (withdrawn.pools.length === 0) return NOWHERE;
    ports.journal.report(targetsDeregistered(subject, { pools: namesOf(withdrawn.pools), until: withdrawn.until }));
    return { state: 'done', value: { withdrawn } };
  }

  #isInAHurry(): boolean {
    return !isVoluntary(this.#retiree.notice.kind) && Date.now() >= hurriedFrom(this.#deadline);
  }
}

const NOWHERE = { state: 'done', value: {} } as const;

/**
 * Waits until the targets have drained (contract 7.1), and no longer than their bound (7.3), even in a look at many; its
 * memory says why they have not.
 *
 * @param by when nobody waits any more, epoch milliseconds
 */
export function settleStage(retiree: Retiree, withdrawn: Withdrawn, by: number): Stage<null, string> {
  const { notice, ports } = retiree;
  const { pools, addresses, until } = withdrawn;
  const ends = Math.min(until + LATE_MS, by);
  const leaver = { instance: notice.instance, addresses };
  return {
    name: 'settle',
    memory: '',
    until: ends,
    pauseSeconds: LOOK_SECONDS,
    async pass(_memory, { subject }) {
      const looks = looksFrom(withdrawn);
      const memory = 'they still drain';
      if (Date.now() < looks) return { state: 'waiting', memory, waitingFor: namesOf(pools), dueAt: looks };
      // By then each of so many has drained: asking for one after the other would use the rate limits up.
      const balancing = withdrawingFor(retiree, subject.node ?? '');
      const looked = looks === until ? NOTHING_LEFT : await inTime(withdrawEach([leaver], { pools }, balancing), ends);
      if (looked === undefined) return { state: 'waiting', memory, waitingFor: namesOf(pools) };
      const { left, faults } = looked;
      if (left.length === 0 && faults.length === 0) {
        ports.journal.report(targetsDrained(subject, { seconds: secondsSince(notice) }));
        return { state: 'done', value: null };
      }
      const waitingFor = [...new Set([...left, ...faults].map(({ pool }) => pool.name))];
      const [fault] = faults;
      return { state: 'waiting', memory: fault === undefined ? memory : String(fault.error), waitingFor };
    },
  };
}

const NOTHING_LEFT = { left: [], faults: [] } as const;

/** Goes on without, once that has lasted too long; others of the leaving nodes wait for it no more. */
async function orGiveUp(
  fault: string,
  since: number,
  { subject, retiree }: { subject: Subject; retiree: Retiree },
): Promise<WithdrawPass> {
  if (Date.now() - since < FAILS_MS) return waiting(since, [fault]);
  const api = await retiree.ports.clusters.open(retiree.cluster.name);
  await patchNode(subject.node ?? '', api, (found) => {
    const asks = WITHDRAW_LABEL in found.labels && isInstance(found, subject.instance);
    return Promise.resolve(asks ? notAsking(found) : 'unchanged');
  });
  retiree.ports.journal.report(targetsLate(subject, { pools: [], reason: fault }));
  return NOWHERE;
}

function waiting(since: number, waitingFor: readonly string[]): Pass<never, WithdrawMemory> {
  return { state: 'waiting', memory: { since }, waitingFor };
}

/**
 * What has been done for the node, by whomever.
 *
 * @returns `later`: another node's retirement does it; `fault`: the load balancers cannot be found, in AWS's words
 */
async function withdrawalFor(
  { node: name, since, hurried }: { node: string; since: number; hurried: boolean },
  { api, retiree }: { api: Cluster; retiree: Retiree },
): Promise<{ withdrawal: Withdrawal | 'later' | 'gone' } | { fault: string }> {
  const own = await api.readNode(name);
  if (own === undefined || !isInstance(own, retiree.notice.instance)) return { withdrawal: 'gone' };
  const known = withdrawalOf(own);
  if (known !== undefined) return { withdrawal: known };
  // A node that nothing forces to go is no part of what leaves together: it may have to be restored.
  const alone = hurried || isVoluntary(retiree.notice.kind);
  const leaving = alone ? [own] : await leavingWith(own, since, api);
  if (leaving.length === 0) return { withdrawal: 'later' };
  const balancing = withdrawingFor(retiree, name);
  const pools = await poolsOf(leaving, retiree).catch((error: unknown) => String(error));
  if (typeof pools === 'string') return { fault: pools };
  const done = await withdrawTogether(leaving, pools, { cluster: api, balancing });
  return { withdrawal: done.get(name) ?? 'gone' };
}

/** Asks to be withdrawn. @returns those that this node's retirement withdraws, itself among them; none when another's does */
async function leavingWith(own: Node, since: number, api: Cluster): Promise<readonly Node[]> {
  if (!(WITHDRAW_LABEL in own.labels)) {
    const isOwn = (found: Node): boolean => instanceOf(found) === instanceOf(own);
    await patchNode(own.name, api, async (found) => Promise.resolve(isOwn(found) ? asking(found) : 'gone'), own);
  }
  // Most often it is the only one: then these are all.
  const firstTwo = await api.withdrawingNodes(2);
  if (!leads(own.name, firstTwo[0], { since, now: Date.now() })) return [];
  const leaving = firstTwo.length < 2 ? firstTwo : await api.withdrawingNodes();
  const all = leaving.filter((node) => instanceOf(node) !== undefined);
  return all.some(({ name }) => name === own.name) ? all : [...all, own];
}

/** What is attached to a group, Auto Scaling takes out itself before the hook: of one that nothing forces to go, later. */
function scopeOf({ notice, cluster, course }: Retiree): { cluster: string; group?: string } {
  return { cluster: cluster.name, ...(!isVoluntary(notice.kind) && { group: course.subject.group }) };
}

/** Of the cluster, and of the groups that let these nodes go. */
async function poolsOf(nodes: readonly Node[], retiree: Retiree): Promise<readonly TargetPool[]> {
  const { cluster, group } = scopeOf(retiree);
  const groups = group === undefined ? [] : [group, ...nodes.flatMap((node) => chargeOf(node)?.group ?? [])];
  const scopes = [{ cluster }, ...[...new Set(groups)].map((each) => ({ group: each }))];
  const { ports } = retiree;
  const found = await Promise.all(scopes.map((scope) => ports.balancing.pools(scope)));
  return [...new Map(found.flat().map((pool) => [pool.id, pool])).values()];
}

/** IP targets are those of the pods on this node, which its own retirement takes out. */
async function withAddresses(
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

function namesOf(pools: readonly TargetPool[]): string[] {
  return pools.map(({ name }) => name);
}
