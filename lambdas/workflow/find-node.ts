/** Finding the node of an instance (contract 2). */
import type { Cluster, Instances } from './ports.ts';

/** The name of the instance's node; undefined when there is none now. */
export async function findNode(
  instance: string,
  { cluster, instances }: { cluster: Cluster; instances: Pick<Instances, 'privateDnsName'> },
): Promise<string | undefined> {
  const node = await cluster.findNode(instance, await instances.privateDnsName(instance));
  return node?.name;
}
