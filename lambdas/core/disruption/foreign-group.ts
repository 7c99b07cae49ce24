/**
 * Foreign groups: groups that some source assigns to another cluster, although they have nodes here or the
 * configuration names them (contract 1.5). They are left alone, because their retirements would be refused again and
 * again, and would hold up others. Hooks and tags of instances cost calls, and are read when a retirement begins.
 *
 * A managed node group in a cluster with a kubeconfig is left alone as well: EKS, which is not asked about such a cluster
 * (contract 15.1), may be updating it (contract 9.7). Pure.
 */
import { claimText, clusterClaims } from '../aws/cluster-identity.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import type { Group } from '../aws/group.ts';

/**
 * @param among.groups every enrolled group
 * @param among.clusters every configured cluster
 * @returns why each foreign group is left alone, by name: which source names which cluster
 */
export function foreignGroups(
  cluster: Pick<ClusterSettings, 'name' | 'access'>,
  { groups, clusters }: { groups: readonly Group[]; clusters: readonly ClusterSettings[] },
): ReadonlyMap<string, string> {
  const configured = new Map(clusters.flatMap((each) => each.groups.map((group) => [group.name, each.name])));
  return new Map(
    groups.flatMap(({ name, tags, nodeGroup }): [string, string][] => {
      const home = configured.get(name);
      const claims = [
        ...(home === undefined ? [] : [{ source: 'the configuration', cluster: home }]),
        ...clusterClaims({ groupTags: tags }),
      ];
      const others = claims.filter((claim) => claim.cluster !== cluster.name);
      if (others.length === 0)
        return nodeGroup !== undefined && cluster.access !== undefined ? [[name, unaskedChanges(nodeGroup)]] : [];
      const what = others.length === claims.length ? 'it is another cluster’s' : 'its cluster is disputed';
      return [[name, `${what}: ${claims.map(claimText).join(', ')}`]];
    }),
  );
}

function unaskedChanges({ name }: NonNullable<Group['nodeGroup']>): string {
  return `it is managed node group ${name} of EKS, which is not asked about a cluster with a kubeconfig`;
}
