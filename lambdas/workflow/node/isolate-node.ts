/** Takes ownership of a node and isolates it, and undoes both: each is one optimistic patch (contract 1.6, 3). */
import { decideOwnership, type Claim, type OwnershipDecision } from '../../core/node/ownership.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import type { IsolationTaint } from '../../core/settings/cluster-settings.ts';
import {
  ownershipOf,
  isIsolatedFor,
  isolation,
  progress,
  restoration,
  type Ownership,
} from '../../core/node/isolation.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import { coolingDown, type CoolDownTerms } from '../../core/node/cool-down.ts';
import {
  nodeIsolated,
  nodeRestored,
  nodeShared,
  retirementJoined,
  type Subject,
} from '../../core/events/retirement-events.ts';
import { neighbourOn } from '../../core/node/neighbours.ts';
import { isVoluntary } from '../../core/notice/notice.ts';
import { patchNode } from './patch-node.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import type { Journal } from '../ports/journal.ts';

interface Ports {
  readonly cluster: Cluster;
  readonly journal: Journal;
}

interface IsolationChecks {
  readonly isRunning: (ownership: Ownership) => Promise<boolean>;
  readonly isAsked: (node: Node) => boolean;
}

export type Isolated =
  /**
   * `deadline`: when the node must be drained, epoch milliseconds. The previous owner's may have been nearer. `early`: that
   * one was of a warning at short notice.
   */
  | { readonly kind: 'isolated'; readonly deadline: number; readonly early?: true }
  /** Another retirement owns the node and does all the work (contract 1.6). */
  | { readonly kind: 'joined'; readonly execution: string }
  /** The node has been deleted meanwhile, or another machine has its name (contract 2.1). */
  | { readonly kind: 'gone' }
  /** The taint that asked for the drain has been taken away (contract 9.5). */
  | { readonly kind: 'unasked' }
  /** Somebody else drains or quarantines the node, and nothing makes it go but us (faults 48). */
  | { readonly kind: 'taken'; readonly by: string };

/**
 * Takes ownership of the node and isolates it, keeping everything that others wrote on it. A second call for the same
 * execution changes nothing.
 *
 * @param isRunning whether the retirement that wrote the ownership runs; called only when it is another's
 * @param isAsked whether the node still asks for its drain
 */
export async function isolateNode(
  { subject, node, claim, taint }: { subject: Subject; node: string; claim: Claim; taint: IsolationTaint },
  { cluster, journal, isRunning, isAsked }: Ports & IsolationChecks,
): Promise<Isolated> {
  let { deadline } = claim;
  let early: { readonly early?: true } = {};
  let joined: string | undefined;
  let neighbour: string | undefined;
  const patched = await patchNode(node, cluster, async (found) => {
    if (!isInstance(found, subject.instance)) return 'gone';
    if (!isAsked(found)) return 'unchanged';
    neighbour = neighbourBeside(found, claim);
    if (neighbour !== undefined && isVoluntary(claim.kind)) return 'unchanged';
    const decision = await decideAsking(found, claim, isRunning);
    if (decision.kind === 'join') {
      joined = decision.execution;
      return 'unchanged';
    }
    ({ deadline } = decision);
    early = decision.early ? { early: true } : {};
    return isIsolatedFor(found, claim.execution, taint) && !isLater(found, deadline)
      ? 'unchanged'
      : isolation(found, { ...claim, ...early, deadline, now: Date.now() }, taint);
  });
  if (patched === 'gone') return { kind: 'gone' };
  if (!isAsked(patched.found)) return { kind: 'unasked' };
  if (neighbour !== undefined && isVoluntary(claim.kind)) return { kind: 'taken', by: neighbour };
  if (joined !== undefined) {
    journal.report(retirementJoined(subject, { other: joined }));
    return { kind: 'joined', execution: joined };
  }
  const { found } = patched;
  // The router, or an earlier try that lost the answer or died, may have isolated the node: it is reported now.
  const own = ownershipOf(found);
  const cordonedBefore = own?.execution === claim.execution ? !own.cordonedByUs : found.unschedulable;
  journal.report(nodeIsolated(subject, { cordonedBefore }));
  if (neighbour !== undefined) journal.report(nodeShared(subject, { neighbour }));
  return { kind: 'isolated', deadline, ...early };
}

/** Whether the node says a later deadline: the router, which has isolated it ahead, does not know the limits of the hook. */
function isLater(found: Node, deadline: number): boolean {
  return Date.parse(ownershipOf(found)?.deadline ?? '') > deadline;
}

/** Who else has the node in hand, when the retirement comes to it. */
function neighbourBeside(found: Node, { execution }: Claim): string | undefined {
  return ownershipOf(found)?.execution === execution ? undefined : neighbourOn(found);
}

async function decideAsking(
  found: Node,
  claim: Claim,
  isRunning: IsolationChecks['isRunning'],
): Promise<OwnershipDecision> {
  // An ownership that cannot be true does not count (contract 3.5).
  const ownership = credibleOwnership(found, Date.now());
  const isRival = ownership !== undefined && ownership.execution !== claim.execution;
  const rivalRuns = isRival && (await isRunning(ownership));
  return decideOwnership(ownership, claim, { rivalRuns, now: Date.now() });
}

/**
 * Takes off the node what the subject's execution put on it, and touches nothing else.
 *
 * @param coolDownTerms the cool-down that begins: how long the node is left alone from now on, and why
 * @returns whether anything was taken off
 */
export async function restoreNode(
  {
    subject,
    node,
    taint,
    coolDownTerms,
  }: { subject: Subject; node: string; taint: IsolationTaint; coolDownTerms?: CoolDownTerms },
  { cluster, journal }: Ports,
): Promise<boolean> {
  const patched = await patchNode(node, cluster, (found) =>
    Promise.resolve(
      restoration(found, subject.execution, { taint, ...(coolDownTerms && { coolDownTerms }) }) ?? 'unchanged',
    ),
  );
  const restored = patched !== 'gone' && patched.changed;
  if (restored) journal.report(nodeRestored(subject));
  return restored;
}

/** Starts the cool-down of a node that no retirement owns. */
export async function startCoolDown(
  { node, terms }: { node: string; terms: CoolDownTerms },
  cluster: Cluster,
): Promise<void> {
  await patchNode(node, cluster, (found) =>
    Promise.resolve(ownershipOf(found) === undefined ? coolingDown(found, terms) : 'unchanged'),
  );
}

/**
 * Writes on the node how far the retirement has come.
 *
 * @returns `superseded`: another retirement owns the node now, or the node has gone; `unasked`: the taint that asked
 *   for the drain has been taken away
 */
export async function reportProgress(
  { execution, node, isAsked }: { execution: string; node: string; isAsked: (node: Node) => boolean },
  come: Pick<Ownership, 'completesHook' | 'leftDrained'>,
  cluster: Cluster,
): Promise<'told' | 'superseded' | 'unasked'> {
  const patched = await patchNode(node, cluster, (found) => {
    if (ownershipOf(found)?.execution !== execution) return Promise.resolve('gone');
    return Promise.resolve(isAsked(found) ? (progress(found, execution, come) ?? 'unchanged') : 'unchanged');
  });
  if (patched === 'gone') return 'superseded';
  return isAsked(patched.found) ? 'told' : 'unasked';
}
