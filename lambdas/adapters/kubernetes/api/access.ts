/** How one cluster is reached: where its API server is, whom to trust there, and how to be let in (contract 15.1). */
import type { ClusterError } from '../../../core/kubernetes/cluster-error.ts';

export interface ClusterAddress {
  /** `https://…`; with a path where one server stands before several clusters, and without a slash at its end. */
  readonly server: string;
  /** Certificate authorities that sign for the server, PEM. @default those that Node.js trusts */
  readonly ca?: string;
  /** Name in the server's certificate, where it is not the one in the address. */
  readonly serverName?: string;
  /** Any certificate of the server is taken. Only a kubeconfig on its user's own machine may say so. */
  readonly trustsAny?: true;
}

export interface Access extends ClusterAddress {
  /** Bearer token. */
  readonly token?: string;
  /** Client certificate and its key, PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/**
 * Why access has failed. `unknown`: the server does not know us (401). `untrusted`: its certificate is another's, or of an
 * authority that we do not know. `expired`: it is out of its time, which the owner of the server corrects.
 */
export type AccessFailure =
  { readonly kind: 'unknown' } | { readonly kind: 'untrusted' | 'expired'; readonly reason: string };

/** Source of access that changes: tokens expire, secrets are rotated. */
export interface AccessSource {
  /** @throws ClusterAway, ClusterRefused */
  current(): Promise<Access>;
  /**
   * Returns access to try once more with; undefined when there is no other.
   *
   * @param failed the access that has failed
   * @throws ClusterAway, ClusterRefused
   */
  renew(failed: Access, failure: AccessFailure): Promise<Access | undefined>;
  /** Told that the server does not answer: it may have another address by now. */
  unanswered?(failed: Access): void;
  /** Makes the error of access that cannot be renewed, or that fails when it is new. */
  errorOf(failed: Access, failure: AccessFailure): ClusterError;
}
