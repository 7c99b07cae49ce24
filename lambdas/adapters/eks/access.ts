/**
 * Access to an EKS cluster: its address from EKS, and bearer tokens. A token is a presigned STS request, which the API
 * server sends to STS to learn who the caller is. Making a token calls no service.
 */
import { DescribeClusterCommand, type EKSClient } from '@aws-sdk/client-eks';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { ClusterAway, ClusterRefused } from '../../core/kubernetes/cluster-error.ts';
import { partitionOf } from '../aws/partition.ts';
import type { AccessSource, ClusterAddress } from '../kubernetes/api/access.ts';

export const CLUSTER_ACCESS_ACTIONS = ['eks:DescribeCluster'] as const;

/** Use of a token, milliseconds. EKS takes it for 15 minutes; five are left for requests that wait. */
const TOKEN_LIFE_MS = 10 * 60_000;

/** Validity of the presigned request. It may be short: STS looks at its date only, EKS allows 15 minutes. */
const PRESIGNED_SECONDS = 60;

const CLUSTER_HEADER = 'x-k8s-aws-id';

/** @throws ClusterRefused when the cluster does not exist, ClusterAway while EKS creates it */
export async function clusterAddress(client: EKSClient, name: string): Promise<ClusterAddress> {
  const { endpoint, certificateAuthority, status } = await describe(client, name);
  const ca = certificateAuthority?.data;
  if (endpoint === undefined || ca === undefined) {
    throw new ClusterAway(`EKS cluster ${name} is ${status ?? 'not ready'}: it has no endpoint yet`);
  }
  return { server: endpoint, ca: Buffer.from(ca, 'base64').toString() };
}

async function describe(client: EKSClient, name: string) {
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }));
    return cluster ?? {};
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'ResourceNotFoundException') throw cause;
    throw new ClusterRefused(`there is no EKS cluster ${name} here: check the name in the configuration`, { cause });
  }
}

/** Source of bearer tokens. */
export interface TokenSource {
  current(): Promise<string>;
  /** Makes a new token, because the server did not take the current one. */
  renew(): Promise<string>;
}

/**
 * Access to the cluster by tokens. The authority of its server does not change while it is open.
 *
 * @param onUntrusted called when the authority has not signed the certificate of the server
 */
export function tokenAccess(
  address: ClusterAddress,
  tokens: TokenSource,
  onUntrusted: () => void = () => undefined,
): AccessSource {
  const by = (token: string) => ({ ...address, token });
  return {
    current: async () => by(await tokens.current()),
    renew: async (_failed, { kind }) => {
      if (kind === 'unknown') return by(await tokens.renew());
      onUntrusted();
      return undefined;
    },
    errorOf: ({ server }, failure) =>
      failure.kind === 'unknown'
        ? new ClusterRefused(
            `the API server ${server} does not take our token: is the function's role an access entry of the cluster?`,
          )
        : new ClusterAway(`the API server ${server} does not answer: ${failure.reason}`),
  };
}

/** Tokens for one cluster, signed with the credentials that the client has at that time. */
export function eksTokens(client: EKSClient, cluster: string): TokenSource {
  let token: { readonly bearer: string; readonly until: number } | undefined;
  const renew = async (): Promise<string> => {
    const bearer = await presignedToken(client, cluster);
    token = { bearer, until: Date.now() + TOKEN_LIFE_MS };
    return bearer;
  };
  return {
    renew,
    current: () => (token !== undefined && Date.now() < token.until ? Promise.resolve(token.bearer) : renew()),
  };
}

async function presignedToken(client: EKSClient, cluster: string): Promise<string> {
  const region = await client.config.region();
  const signer = new SignatureV4({ service: 'sts', region, credentials: client.config.credentials, sha256: Sha256 });
  const host = `sts.${region}.${partitionOf(region).dnsSuffix}`;
  const request = new HttpRequest({
    method: 'GET',
    protocol: 'https:',
    hostname: host,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host, [CLUSTER_HEADER]: cluster },
  });
  const { query = {} } = await signer.presign(request, {
    expiresIn: PRESIGNED_SECONDS,
    // EKS wants the cluster's name as a signed header, so that no other cluster can use the token.
    unhoistableHeaders: new Set([CLUSTER_HEADER]),
    // A clock that is off has been corrected by the Date of AWS's answers (faults 32).
    signingDate: new Date(Date.now() + client.config.systemClockOffset),
  });
  const url = `https://${host}/?${new URLSearchParams(query as Record<string, string>).toString()}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}
