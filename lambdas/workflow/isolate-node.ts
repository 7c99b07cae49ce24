/** Isolating a node and its undo, each one optimistic patch (contract 3). */
import { nodeIsolated, nodeRestored, type Subject } from '../core/domain-event.ts';
import {
  isIsolatedFor,
  isolation,
  restoration,
  type IsolationTaint,
  type NodePatch,
  type Takeover,
} from '../core/isolation.ts';
import type { Node } from '../core/node.ts';
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
 * @returns `gone` when the node has been deleted meanwhile
 */
export async function isolateNode(
  { subject, node, takeover, taint }: { subject: Subject; node: string; takeover: Takeover; taint: IsolationTaint },
  { cluster, journal }: Ports,
): Promise<'isolated' | 'gone'> {
  const patched = await patchNode(node, cluster, (found) =>
    isIsolatedFor(found, takeover.execution, taint) ? undefined : isolation(found, takeover, taint),
  );
  if (patched === 'gone') return 'gone';
  if (patched !== 'unchanged') journal.report(nodeIsolated(subject, { cordonedBefore: patched.unschedulable }));
  return 'isolated';
}

/** Takes off what the subject's execution put on the node; nothing else is touched, and nothing when it put nothing on. */
export async function restoreNode(
  { subject, node, taint }: { subject: Subject; node: string; taint: IsolationTaint },
  { cluster, journal }: Ports,
): Promise<void> {
  const patched = await patchNode(node, cluster, (found) => restoration(found, subject.execution, taint));
  if (typeof patched === 'object') journal.report(nodeRestored(subject));
}

/** @returns the node as it was before the patch */
async function patchNode(
  name: string,
  cluster: Cluster,
  patchOf: (node: Node) => NodePatch | undefined,
): Promise<Node | 'unchanged' | 'gone'> {
  for (let tries = 1; tries <= PATCH_TRIES; tries += 1) {
    const found = await cluster.readNode(name);
    if (found === undefined) return 'gone';
    const patch = patchOf(found);
    if (patch === undefined) return 'unchanged';
    const answer = await cluster.patchNode(name, patch);
    if (answer === 'gone') return 'gone';
    if (answer === 'patched') return found;
  }
  throw new Error(
    `node ${name} changed during each of ${PATCH_TRIES} tries to patch it: something else keeps writing it`,
  );
}
