/**
 * Auto Scaling's lifecycle, as a person sees it who names the groups of a cluster: a named group takes part, whatever
 * tags and hook it has. A group that says that it is another cluster's stays that cluster's.
 */
import { clusterClaims, clusterTag } from '../../core/aws/cluster-identity.ts';
import { hookMetadata } from '../../core/aws/installation.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Lifecycle } from '../../workflow/ports/auto-scaling.ts';

/** @param installation name of the installation that acts on the groups here, whoever has made their hooks */
export function ownGroups(lifecycle: Lifecycle, settings: ClusterSettings, installation: string): Lifecycle {
  const isNamed = (group: string): boolean => settings.groups.some(({ name }) => name === group);
  return {
    ...lifecycle,
    async groupTags(group) {
      const tags = await lifecycle.groupTags(group);
      if (tags === undefined || !isNamed(group) || clusterClaims({ groupTags: tags }).length > 0) return tags;
      return { ...tags, [clusterTag(settings.name)]: 'owned' };
    },
    async hook(group, name) {
      const hook = await lifecycle.hook(group, name);
      if (hook === undefined || !isNamed(group)) return hook;
      const sources = { ...(hook.metadata !== undefined && { hookMetadata: hook.metadata }), groupTags: {} };
      const cluster = clusterClaims(sources)[0]?.cluster ?? settings.name;
      return { ...hook, metadata: hookMetadata({ cluster, installation }) };
    },
  };
}
