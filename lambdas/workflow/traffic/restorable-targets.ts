/**
 * Load balancer targets of a node that may have to be restored (contract 5.4). They are noted on the node before they
 * are taken out, and registered again before our marks come off. Whatever dies in between, the next try does it all.
 */
import { marksUnreadable } from '../../core/events/fleet-events.ts';
import { ownershipOf } from '../../core/node/isolation.ts';
import { isInstance } from '../../core/kubernetes/node.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import { targetsRegistered, targetsUnregistered, type Subject } from '../../core/events/retirement-events.ts';
import { TARGETS_ANNOTATION } from '../../core/node/marks.ts';
import { isOursToPutBack, isReadable, taking, takenFrom, type Taken } from '../../core/traffic/taken-targets.ts';
import type { Target, TargetPool } from '../../core/traffic/target-pool.ts';
import { notWithdrawn, withdrawalOf } from '../../core/traffic/withdrawal.ts';
import { patchNode } from '../node/patch-node.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import type { Journal } from '../ports/journal.ts';
import type { Retiree } from '../retirement/retiree.ts';
import type { PoolFault } from './withdraw-nodes.ts';
import type { Withdrawing } from './withdraw-pass.ts';

/** How a retirement takes its node out. One that may be given up first notes on the node what it takes out. */
export function withdrawingFor({ notice, cluster, course, ports }: Retiree, node: string): Withdrawing {
  if (!isVoluntary(notice.kind)) return ports.balancing;
  const { execution } = course.subject;
  return new RestorableTargets(ports.balancing, { execution, node, open: () => ports.clusters.open(cluster) });
}

interface Restorable {
  readonly execution: string;
  readonly node: string;
  readonly open: () => Promise<Cluster>;
}

class RestorableTargets implements Withdrawing {
  readonly #balancing: LoadBalancing;
  readonly #of: Restorable;
  /** End of the last note: pools are handled side by side, but their notes on the node must follow each other. */
  #noted: Promise<void> = Promise.resolve();

  constructor(balancing: LoadBalancing, of: Restorable) {
    this.#balancing = balancing;
    this.#of = of;
  }

  targets(pool: TargetPool, wanted?: readonly string[]): Promise<readonly Target[]> {
    return this.#balancing.targets(pool, wanted);
  }

  async deregister(pool: TargetPool, targets: readonly Target[]): Promise<void> {
    if (isOursToPutBack(pool)) await this.#afterLast(() => this.#note({ pool, targets }));
    await this.#balancing.deregister(pool, targets);
  }

  #afterLast(note: () => Promise<void>): Promise<void> {
    const done = this.#noted.then(note);
    this.#noted = done.catch(() => undefined);
    return done;
  }

  async #note(taken: Taken): Promise<void> {
    const { execution, node, open } = this.#of;
    const patched = await patchNode(node, await open(), (found) =>
      Promise.resolve(ownershipOf(found)?.execution === execution ? taking(found, taken) : 'gone'),
    );
    if (patched === 'gone') throw new Error(`${execution} no longer owns node ${node}`);
  }
}

/** Result of putting back the targets of a node that is restored. */
export interface PutBack {
  /** Pools that have the node again. */
  readonly back: readonly TargetPool[];
  readonly faults: readonly PoolFault[];
}

/**
 * Registers a node again where its retirements took it out. Does nothing when another retirement than the subject's
 * owns it. One pool that fails hinders no other.
 *
 * Anybody may have written what the node says, its kubelet too. So only its own instance is registered, and only where
 * a tag names its cluster.
 *
 * @param done ids of pools that have the node already
 */
export async function registerAgain(
  { subject, node, done = [] }: { subject: Subject; node: string; done?: readonly string[] },
  { cluster, balancing, journal }: { cluster: Cluster; balancing: LoadBalancing; journal: Journal },
): Promise<PutBack> {
  const found = await cluster.readNode(node);
  const isOurs = found !== undefined && isInstance(found, subject.instance);
  if (!isOurs || ownershipOf(found)?.execution !== subject.execution) return { back: [], faults: [] };
  if (!isReadable(found)) {
    const reason = `its annotation ${TARGETS_ANNOTATION} cannot be read: it is put back into no load balancer`;
    journal.report(marksUnreadable({ cluster: subject.cluster, node, reason }));
  }
  const due = takenFrom(found).filter(({ pool }) => !done.includes(pool.id));
  if (due.length > 0 && !(await takeBack(node, subject.execution, cluster))) return { back: [], faults: [] };
  const back: TargetPool[] = [];
  const faults: PoolFault[] = [];
  await Promise.all(
    due.map(async ({ pool, targets }) => {
      try {
        const own = targets.filter(({ id }) => id === subject.instance);
        if (own.length === 0) return;
        if (!(await balancing.isTaggedFor(subject.cluster, pool)))
          throw new Error(`no tag of it names cluster ${subject.cluster}`);
        await balancing.register(pool, own);
        back.push(pool);
      } catch (error) {
        faults.push({ pool, error });
      }
    }),
  );
  if (back.length > 0) journal.report(targetsRegistered(subject, { pools: back.map(({ name }) => name) }));
  return { back, faults };
}

/**
 * Marks the node as not withdrawn: its next owner must withdraw it anew.
 *
 * @returns whether the execution still owns it
 */
async function takeBack(node: string, execution: string, cluster: Cluster): Promise<boolean> {
  const patched = await patchNode(node, cluster, (found) => {
    if (ownershipOf(found)?.execution !== execution) return Promise.resolve('gone');
    return Promise.resolve(withdrawalOf(found) === undefined ? 'unchanged' : notWithdrawn(found));
  });
  return patched !== 'gone';
}

/** Reports pools that nobody tries any more: the node gets no traffic from them until somebody registers it. */
export function reportUnregistered(subject: Subject, faults: readonly PoolFault[], journal: Journal): void {
  const [first] = faults;
  if (first === undefined) return;
  const pools = faults.map(({ pool }) => pool.name);
  journal.report(targetsUnregistered(subject, { pools, reason: String(first.error) }));
}
