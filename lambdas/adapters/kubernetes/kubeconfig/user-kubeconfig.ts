/**
 * Access by the kubeconfig of a user, on the user's own machine (contract 10.7): with files, credential plugins and all
 * else that the client library takes. A function takes a kubeconfig from a secret instead (kubeconfig-access.ts).
 */
import { ClusterAway, ClusterRefused, type ClusterError } from '../../../core/kubernetes/cluster-error.ts';
import type { Cluster, FleetView } from '../../../workflow/ports/kubernetes.ts';
import type { Access, AccessFailure, AccessSource } from '../api/access.ts';
import { connect } from '../api/connection.ts';
import { kubernetesCluster } from '../cluster.ts';

/** The part of the client library's KubeConfig that is asked. Its current context says which cluster is meant. */
export interface UserKubeconfig {
  getCurrentContext(): string;
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string } | null;
  applyToHTTPSOptions(options: object): Promise<void>;
}

/** What the library fills in. */
interface Applied {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  readonly auth?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export function openUserCluster(kubeconfig: UserKubeconfig): Cluster & FleetView {
  return kubernetesCluster(connect(userAccess(kubeconfig)));
}

function userAccess(kubeconfig: UserKubeconfig): AccessSource {
  // The library keeps tokens of plugins until they expire, and reads files each time.
  const current = (): Promise<Access> => accessOf(kubeconfig);
  return {
    current,
    renew: async (failed, { kind }) => {
      if (kind !== 'unknown') return undefined;
      const renewed = await current();
      return renewed.token === failed.token && renewed.client?.certificate === failed.client?.certificate
        ? undefined
        : renewed;
    },
    errorOf: (access, failure) => errorOf(access, failure, kubeconfig.getCurrentContext()),
  };
}

/** @throws ClusterRefused naming what the kubeconfig lacks, or has and must not */
async function accessOf(kubeconfig: UserKubeconfig): Promise<Access> {
  const context = kubeconfig.getCurrentContext();
  const cluster = kubeconfig.getCurrentCluster();
  if (cluster === null)
    throw new ClusterRefused(`the kubeconfig has no cluster for its context ${context || '(none)'}`);
  if (cluster.proxyUrl !== undefined)
    throw new ClusterRefused(`context ${context} of the kubeconfig names a proxy (proxy-url), which Ebb does not take`);
  const applied: Applied = { headers: {} };
  try {
    await kubeconfig.applyToHTTPSOptions(applied);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ClusterRefused(`the credentials of context ${context} cannot be used: ${words}`, { cause });
  }
  if (applied.auth !== undefined)
    throw new ClusterRefused(`context ${context} has a user name and password, which Kubernetes takes no more`);
  const others = Object.keys(applied.headers).filter((name) => name !== 'Authorization');
  if (others.length > 0)
    throw new ClusterRefused(
      `context ${context} acts as somebody else (${others.join(', ')}), which Ebb does not take`,
    );
  return accessWith(cluster.server.replace(/\/+$/, ''), applied);
}

function accessWith(server: string, { ca, cert, key, servername, rejectUnauthorized, headers }: Applied): Access {
  const { Authorization: authorization } = headers;
  const [, token] = typeof authorization === 'string' ? (/^Bearer (.+)$/s.exec(authorization) ?? []) : [];
  return {
    server,
    ...(ca !== undefined && { ca: ca.toString() }),
    ...(servername !== undefined && { serverName: servername }),
    ...(rejectUnauthorized === false && { trustsAny: true }),
    ...(token !== undefined && { token }),
    ...(cert !== undefined && key !== undefined && { client: { certificate: cert.toString(), key: key.toString() } }),
  };
}

function errorOf({ server }: Access, failure: AccessFailure, context: string): ClusterError {
  if (failure.kind === 'unknown')
    return new ClusterRefused(`the API server ${server} does not take the credentials of context ${context}`);
  if (failure.kind === 'expired')
    return new ClusterAway(`the API server ${server} has a certificate that is out of its time: ${failure.reason}`);
  return new ClusterRefused(
    `context ${context} does not trust the API server ${server} (${failure.reason}): correct certificate-authority-data`,
  );
}
