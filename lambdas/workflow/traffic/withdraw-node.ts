/**
 * Takes a node out of its load balancers before its pods are evicted (contract 7): the withdrawal is in
 * leave-together.ts, the wait here. A load balancer that fails is named, and delays the drain no longer than its bound.
 */
import { isInstance } from '../../core/kubernetes/node.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import { targetsDeregistered, targetsLate, type Subject } from '../../core/events/retirement-events.ts';
import { WATCHED_LATER_MS } from '../../core/retirement/suspension.ts';
import { WITHDRAW_LABEL } from '../../core/node/marks.ts';
import { EVICT_AFTER_MS, hurriedFrom, notAsking } from '../../core/traffic/withdrawal.ts';
import type { Pass, Stage } from '../run/stage.ts';
import { namesOf, scopeOf, withAddresses, withdrawalFor, type Withdrawn } from './leave-together.ts';
import { patchNode } from '../node/patch-node.ts';
import type { Retiree } from '../retirement/retiree.ts';
import { inTime, sleep } from '../run/sleep.ts';

/** How often a node that waits for others, or for a load balancer that fails, is looked at again. */
const PAUSE_SECONDS = 5;

/** How long a load balancer that cannot be asked keeps a node from being drained. */
const FAILS_MS = 60_000;

interface WithdrawMemory {
  /** When the withdrawal began, epoch milliseconds. */
  readonly since?: number;
  /** Set once the node asks to be withdrawn, with others. */
  readonly hasAsked?: true;
}

type Begun = WithdrawMemory & { readonly since: number };

type WithdrawPass = Pass<{ withdrawn?: Withdrawn }, WithdrawMemory>;

/**
 * Takes one node out of its load balancers (contract 7.1–7.3). A stage waits for that or, in a hurry, another stage
 * runs at the same time. One try for all pools is under way at a time, and none begins once one has succeeded.
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
   * Waits until new requests can no longer reach the node; done without a value when it is in no load balancer.
   *
   * @param until latest end of the wait, epoch milliseconds
   */
  stage(until: number): Stage<{ withdrawn?: Withdrawn }, WithdrawMemory> {
    return {
      name: 'withdraw',
      memory: {},
      until,
      pauseSeconds: PAUSE_SECONDS,
      pass: async ({ since = Date.now(), ...asked }, { subject }) => {
        const memory = { since, ...asked };
        const inVain = waiting(memory, ['its load balancers']);
        if (Date.now() >= until) return inVain;
        const pass = (await inTime(this.#try(memory, subject), until)) ?? inVain;
        const at = pass.state === 'done' && !this.#isInAHurry() ? pass.value.withdrawn?.at : undefined;
        // Pods are evicted only when no new request can be on its way any more.
        if (at !== undefined) await sleep(Math.min(at + EVICT_AFTER_MS, until) - Date.now());
        return pass;
      },
    };
  }

  /**
   * Wraps a stage: the node is withdrawn during its passes. A pass lasts until that is done, or until the stage fails,
   * so that nothing is under way between two steps of the run.
   *
   * @param until latest end of the wait, epoch milliseconds
   */
  beside<Value, Memory>(stage: Stage<Value, Memory>, until: number): Stage<Value, Memory> {
    return {
      ...stage,
      pass: async (before, context) => {
        const withdrawing = { isUnderWay: true };
        // A failure does not count here: the next pass, or the stage that waits for the withdrawal, tries again.
        const withdrawn = this.#untilDone(context.subject, until)
          .catch(() => undefined)
          .finally(() => {
            withdrawing.isUnderWay = false;
          });
        let pass = await stage.pass(before, context);
        while (withdrawing.isUnderWay && pass.state === 'waiting' && Date.now() < until) {
          context.keep(pass.memory);
          const watchUntil = Math.min(until, Date.now() + WATCHED_LATER_MS);
          pass = await stage.pass(pass.memory, { ...context, watchUntil });
        }
        await inTime(withdrawn, until);
        return pass;
      },
    };
  }

  async #untilDone(subject: Subject, until: number): Promise<void> {
    const begun = { since: Date.now() };
    while ((await this.#try(begun, subject)).state === 'waiting' && Date.now() < until)
      await sleep(PAUSE_SECONDS * 1000);
  }

  #try(memory: Begun, subject: Subject): Promise<WithdrawPass> {
    this.#trying ??= this.#withdraw(memory, subject).then(
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

  async #withdraw(memory: Begun, subject: Subject): Promise<WithdrawPass> {
    const retiree = this.#retiree;
    const { cluster, ports } = retiree;
    const named = await ports.balancing.poolsNamed(scopeOf(retiree)).catch((error: unknown) => String(error));
    if (typeof named === 'string') return await orGiveUp(named, memory, { subject, retiree });
    if (named === 0) return NOWHERE;
    const api = await ports.clusters.open(cluster);
    const { since, hasAsked = false } = memory;
    const asked = { node: this.#node, since, hasAsked, hurried: this.#isInAHurry() };
    const outcome = await withdrawalFor(asked, { api, retiree, named });
    if ('fault' in outcome) return await orGiveUp(outcome.fault, memory, { subject, retiree });
    const { withdrawal } = outcome;
    if (withdrawal === 'later')
      return waiting({ since, hasAsked: true }, ['the first of the leaving nodes, with which it is withdrawn']);
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

/** Waits after a fault, or gives up once that has lasted too long: then other leaving nodes no longer wait for it. */
async function orGiveUp(
  fault: string,
  memory: Begun,
  { subject, retiree }: { subject: Subject; retiree: Retiree },
): Promise<WithdrawPass> {
  if (Date.now() - memory.since < FAILS_MS) return waiting(memory, [fault]);
  const api = await retiree.ports.clusters.open(retiree.cluster);
  await patchNode(subject.node ?? '', api, (found) => {
    const asks = WITHDRAW_LABEL in found.labels && isInstance(found, subject.instance);
    return Promise.resolve(asks ? notAsking(found) : 'unchanged');
  });
  retiree.ports.journal.report(targetsLate(subject, { pools: [], reason: fault }));
  return NOWHERE;
}

function waiting(memory: Begun, waitingFor: readonly string[]): Pass<never, WithdrawMemory> {
  return { state: 'waiting', memory, waitingFor };
}
