/** An error that concerns a cluster as a whole. Refusals for single pods are answers (eviction-ask.ts), not errors. */
export abstract class ClusterError extends Error {}

/** The API server cannot be reached, or fails: retried until the deadline (contract 6.3). */
export class ClusterAway extends ClusterError {
  override readonly name = 'ClusterAway';
}

/** The API server denies the request or refuses Ebb's token: only a person can change that (contract 6.3). */
export class ClusterRefused extends ClusterError {
  override readonly name = 'ClusterRefused';
}

/**
 * The API server or an admission webhook refuses a change of one node. A retry does not help (contract 6.3). Other
 * nodes may well be changed.
 */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused';
}
