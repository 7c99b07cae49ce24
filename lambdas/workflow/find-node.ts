/** Finding and isolating the node of an instance (contract 2, 3). */
import { nodeIsolated, type Subject } from '../core/domain-event.ts';
import { isIsolatedFor, isolation, type IsolationTaint, type Takeover } from '../core/isolation.ts';
import type { Cluster, Instances, Journal } from './ports.ts';

/** How often a patch is made anew when somebody else changed the node in between (contract 3.1). */
const PATCH_TRIES = 8;

/** The name of the instance's node; undefined when there is none now. */
export async function findNode(
  instance: string,
  { cluster, instances }: { cluster: Cluster; instances: Pick<Instances, 'privateDnsName'> },
): Promise<string | undefined> {
  const node = await cluster.findNode(instance, await instances.privateDnsName(instance));
  return node?.name;
}

/**
 * Isolates the node in one patch, keeping every foreign mark. Doing it again for the same execution changes nothing.
 *
 * @returns `gone` when the node has been deleted meanwhile
 */
export async function isolateNode(
  { subject, node, takeover, taint }: { subject: Subject; node: string; takeover: Takeover; taint: IsolationTaint },
  { cluster, journal }: { cluster: Cluster; journal: Journal },
): Promise<'isolated' | 'gone'> {
  for (let tries = 1; tries <= PATCH_TRIES; tries += 1) {
    const found = await cluster.readNode(node);
    if (found === undefined) return 'gone';
    if (isIsolatedFor(found, takeover.execution, taint)) return 'isolated';
    const answer = await cluster.patchNode(node, isolation(found, takeover, taint));
    if (answer === 'gone') return 'gone';
    if (answer === 'patched') {
      journal.report(nodeIsolated(subject, { cordonedBefore: found.unschedulable }));
      return 'isolated';
    }
  }
  throw new Error(
    `node ${node} changed during each of ${PATCH_TRIES} tries to isolate it: something else keeps writing it`,
  );
}
