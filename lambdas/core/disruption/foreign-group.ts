/**
 * Foreign groups: groups that some source assigns to another cluster, although they have nodes here or the
 * configuration names them (contract 1.5). They are left alone, because their retirements would be refused again and
 * again, and would hold up others. Hooks and tags of instances cost calls, and are read when a retirement begins. Pure.
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
  cluster: Pick<ClusterSettings, 'name'>,
  { groups, clusters }: { groups: readonly Group[]; clusters: readonly ClusterSettings[] },
): ReadonlyMap<string, string> {
  const configured = new Map(clusters.flatMap((each) => each.groups.map((group) => [group.name, each.name])));
  return new Map(
    groups.flatMap(({ name, tags }): [string, string][] => {
      const home = configured.get(name);
      const claims = [
        ...(home === undefined ? [] : [{ source: 'the configuration', cluster: home }]),
        ...clusterClaims({ groupTags: tags }),
      ];
      const others = claims.filter((claim) => claim.cluster !== cluster.name);
      if (others.length === 0) return [];
      const what = others.length === claims.length ? 'it is another cluster’s' : 'its cluster is disputed';
      return [[name, `${what}: ${claims.map(claimText).join(', ')}`]];
    }),
  );
}
