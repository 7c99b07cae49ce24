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
