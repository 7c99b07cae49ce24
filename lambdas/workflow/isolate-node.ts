/** Isolating a node and its undo, each one optimistic patch (contract 3). */
import { nodeIsolated, nodeRestored, type Subject } from '../core/domain-event.ts';
import {
  chargeOf,
  isIsolatedFor,
  isolation,
  restoration,
  type IsolationTaint,
  type NodePatch,
  type Takeover,
} from '../core/isolation.ts';
import { isInstance, type Node } from '../core/node.ts';
import type { Cluster, Journal } from './ports.ts';

/** How often a patch is made anew when somebody else changed the node in between (contract 3.1). */
const PATCH_TRIES = 8;

interface Ports {
  readonly cluster: Cluster;
  readonly journal: Journal;
}

/**
 * Isolates the node, keeping every foreign mark. Doing it again for the same execution changes nothing.
 *
 * @returns `gone` when the node has been deleted meanwhile, or another machine has its name (contract 2.1)
 */
export async function isolateNode(
  { subject, node, takeover, taint }: { subject: Subject; node: string; takeover: Takeover; taint: IsolationTaint },
  { cluster, journal }: Ports,
): Promise<'isolated' | 'gone'> {
  const patched = await patchNode(node, cluster, (found) => {
    if (!isInstance(found, subject.instance)) return 'gone';
    return isIsolatedFor(found, takeover.execution, taint) ? 'unchanged' : isolation(found, takeover, taint);
  });
  if (patched === 'gone') return 'gone';
  const { found, changed } = patched;
  // An earlier try may have isolated it and lost the answer, or died before it could say so: it is said then.
  const cordonedBefore = changed ? found.unschedulable : chargeOf(found)?.cordonedByUs === false;
  journal.report(nodeIsolated(subject, { cordonedBefore }));
  return 'isolated';
}

/** Takes off what the subject's execution put on the node; nothing else is touched, and nothing when it put nothing on. */
export async function restoreNode(
  { subject, node, taint }: { subject: Subject; node: string; taint: IsolationTaint },
  { cluster, journal }: Ports,
): Promise<void> {
  const patched = await patchNode(
    node,
    cluster,
    (found) => restoration(found, subject.execution, taint) ?? 'unchanged',
  );
  if (patched !== 'gone' && patched.changed) journal.report(nodeRestored(subject));
}

/** @returns the node as it was before the patch, and whether that changed it */
async function patchNode(
  name: string,
  cluster: Cluster,
  patchOf: (node: Node) => NodePatch | 'unchanged' | 'gone',
): Promise<{ found: Node; changed: boolean } | 'gone'> {
  for (let tries = 1; tries <= PATCH_TRIES; tries += 1) {
    const found = await cluster.readNode(name);
    if (found === undefined) return 'gone';
    const patch = patchOf(found);
    if (patch === 'gone') return 'gone';
    if (patch === 'unchanged') return { found, changed: false };
    const answer = await cluster.patchNode(name, patch);
    if (answer === 'gone') return 'gone';
    if (answer === 'patched') return { found, changed: true };
  }
  throw new Error(
    `node ${name} changed during each of ${PATCH_TRIES} tries to patch it: something else keeps writing it`,
  );
}
