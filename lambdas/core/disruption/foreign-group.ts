/**
 * Groups that are left alone in a cluster, although they have nodes there or its configuration names them, because they
 * are said to be another's (contract 1.5): their retirements would be refused again and again, each in somebody's turn.
 * What hooks and instances say costs calls, and is read when a retirement begins. Pure.
 */
import { claimText, clusterClaims } from '../aws/cluster-identity.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import type { Group } from '../aws/group.ts';

/**
 * @param groups every enrolled one
 * @param clusters every configured one
 * @returns by name, why it is left alone, naming who says what
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
