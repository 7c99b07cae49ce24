/** Patches a node as it was read: what somebody else changes in between is never overwritten (contract 3.1). */
import type { NodePatch } from '../../core/node/marks.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { Cluster } from '../ports/kubernetes.ts';

/** Most tries of a patch: each fails when somebody else changed the node in between (contract 3.1). */
const PATCH_TRIES = 8;

/** A node as it was before the patch, and whether that was made. */
export interface Patched {
  readonly found: Node;
  readonly changed: boolean;
}

/**
 * @param read the node as it was read a moment ago; saves the first read
 * @returns the node as it was before the patch, and whether it was patched
 */
export async function patchNode(
  name: string,
  cluster: Pick<Cluster, 'readNode' | 'patchNode'>,
  patchOf: (node: Node) => Promise<NodePatch | 'unchanged' | 'gone'>,
  read?: Node,
): Promise<Patched | 'gone'> {
  for (let tries = 1; tries <= PATCH_TRIES; tries += 1) {
    const found = (tries === 1 ? read : undefined) ?? (await cluster.readNode(name));
    if (found === undefined) return 'gone';
    const patch = await patchOf(found);
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
