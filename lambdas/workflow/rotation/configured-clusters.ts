/** The clusters that are configured, for requests that name one. */
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Settings } from '../ports/settings.ts';

export async function configured(settings: Settings): Promise<readonly ClusterSettings[]> {
  const found = await Promise.all((await settings.names()).map((name) => settings.cluster(name)));
  return found.flatMap((cluster) => cluster ?? []);
}

/** Says that the cluster is none of them. */
export function notConfigured(cluster: string, clusters: readonly ClusterSettings[]): string {
  const names = clusters.map(({ name }) => name).toSorted();
  return `cluster: ${cluster} is not configured: name ${names.length === 1 ? '' : 'one of '}${names.join(', ')}`;
}
