/** The cluster that an instance belongs to, by its hook, its group and their tags (contract 1.5). Pure. */
export interface ClusterSources {
  /** NotificationMetadata of Ebb's hook, verbatim. */
  readonly hookMetadata?: string;
  readonly groupTags: Readonly<Record<string, string>>;
  /** Read only when the other sources name no cluster, because it costs another call. */
  readonly instanceTags?: Readonly<Record<string, string>>;
}

/** One source, and the cluster that it names. */
export interface ClusterClaim {
  readonly source: string;
  readonly cluster: string;
}

export type ClusterIdentity =
  | { readonly kind: 'known'; readonly cluster: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'disputed'; readonly claims: readonly string[] };

const EKS_TAG = 'eks:cluster-name';
const OWNED_TAG_PREFIX = 'kubernetes.io/cluster/';

/** Returns the key of the tag that says which cluster a group or an instance belongs to. */
export function clusterTag(cluster: string): string {
  return OWNED_TAG_PREFIX + cluster;
}

/**
 * The cluster that every source names. Sources that name different clusters make a dispute: Ebb does not act on the
 * instance, and the claims say which source names which cluster.
 */
export function clusterIdentity(sources: ClusterSources): ClusterIdentity {
  const claims = clusterClaims(sources);
  const [first] = claims;
  if (first === undefined) return { kind: 'unknown' };
  return claims.every(({ cluster }) => cluster === first.cluster)
    ? { kind: 'known', cluster: first.cluster }
    : { kind: 'disputed', claims: claims.map(claimText) };
}

export function clusterClaims({ hookMetadata, groupTags, instanceTags = {} }: ClusterSources): readonly ClusterClaim[] {
  return [
    ...claim('hook metadata', clusterInMetadata(hookMetadata)),
    ...claim(`group tag ${EKS_TAG}`, groupTags[EKS_TAG]),
    ...claim(`instance tag ${EKS_TAG}`, instanceTags[EKS_TAG]),
    ...ownedClusters(groupTags).flatMap((name) => claim(`group tag ${OWNED_TAG_PREFIX}${name}`, name)),
    ...ownedClusters(instanceTags).flatMap((name) => claim(`instance tag ${OWNED_TAG_PREFIX}${name}`, name)),
  ];
}

export function claimText({ source, cluster }: ClusterClaim): string {
  return `${source} says ${cluster}`;
}

function claim(source: string, cluster: string | undefined): ClusterClaim[] {
  return cluster === undefined || cluster === '' ? [] : [{ source, cluster }];
}

function ownedClusters(tags: Readonly<Record<string, string>>): string[] {
  return Object.keys(tags)
    .filter((key) => key.startsWith(OWNED_TAG_PREFIX))
    .map((key) => key.slice(OWNED_TAG_PREFIX.length));
}

/** Reads `{"cluster": "name"}`. A hook may carry any other text for its other readers: then undefined. */
/** Returns the cluster that the metadata of a hook names. @param metadata verbatim */
export function clusterInMetadata(metadata: string | undefined): string | undefined {
  if (metadata === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(metadata);
    if (typeof parsed !== 'object' || parsed === null || !('cluster' in parsed)) return undefined;
    return typeof parsed.cluster === 'string' ? parsed.cluster : undefined;
  } catch {
    return undefined;
  }
}
