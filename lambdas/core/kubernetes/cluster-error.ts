/** What keeps us from a cluster as a whole. Refusals of single pods are answers (eviction-ask.ts), not errors. */
export abstract class ClusterError extends Error {}

/** The API server cannot be reached, or fails: worth trying again until the deadline (contract 6.3). */
export class ClusterAway extends ClusterError {
  override readonly name = 'ClusterAway';
}

/** The API server knows us and says no, or does not take our token: only a person can change that (contract 6.3). */
export class ClusterRefused extends ClusterError {
  override readonly name = 'ClusterRefused';
}

/**
 * The API server, or an admission of the cluster's, does not take a change of one node: asking again does not help
 * (contract 6.3). Says nothing of other nodes.
 */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused';
}
