/** Checks an EKS bearer token as the cluster's authenticator does: a presigned GetCallerIdentity bound to the cluster. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Eks } from '../eks/clusters.ts';
import type { Caller, CredentialStore, KnownCredentials } from '../iam/credentials.ts';
import { parseAmzDate } from '../iam/signature.ts';

const PREFIX = 'k8s-aws-v1.';
/** EKS takes a token for 15 minutes from its date, whatever it says itself. */
const LIFETIME_MS = 15 * 60_000;

export interface EksIdentity {
  readonly username: string;
  readonly groups: readonly string[];
  readonly caller: Caller;
}

export type TokenVerdict =
  { readonly ok: true; readonly identity: EksIdentity } | { readonly ok: false; readonly reason: string };

export interface TokenContext {
  readonly region: string;
  readonly now: number;
  readonly store: CredentialStore;
  readonly eks: Eks;
}

export async function verifyEksToken(
  bearer: string,
  clusterName: string,
  context: TokenContext,
): Promise<TokenVerdict> {
  const url = decode(bearer);
  if (url === undefined) return refuse(`not ${PREFIX} followed by a base64url URL`);
  const [accessKeyId = ''] = (url.searchParams.get('X-Amz-Credential') ?? '').split('/');
  const known = context.store.find(accessKeyId);
  const fault = formFault(url, context) ?? dateFault(url, context.now);
  if (fault !== undefined) return refuse(fault);
  if (known === undefined) return refuse(`unknown access key ${accessKeyId}`);
  const expected = await presignAgain(url, clusterName, { known, region: context.region });
  if (expected !== url.searchParams.get('X-Amz-Signature')) {
    return refuse(`the signature is not of this secret for cluster ${clusterName}`);
  }
  return authenticate(known.caller, clusterName, context.eks);
}

function refuse(reason: string): TokenVerdict {
  return { ok: false, reason };
}

function decode(bearer: string): URL | undefined {
  const token = bearer.replace(/^Bearer /, '');
  if (!token.startsWith(PREFIX)) return undefined;
  const text = Buffer.from(token.slice(PREFIX.length), 'base64url').toString();
  return URL.canParse(text) ? new URL(text) : undefined;
}

function formFault(url: URL, context: TokenContext): string | undefined {
  const wanted: readonly (readonly [string, unknown, unknown])[] = [
    ['protocol', url.protocol, 'https:'],
    ['host', url.host, `sts.${context.region}.amazonaws.com`],
    ['path', url.pathname, '/'],
    ['action', url.searchParams.get('Action'), 'GetCallerIdentity'],
    ['version', url.searchParams.get('Version'), '2011-06-15'],
    ['signed headers', url.searchParams.get('X-Amz-SignedHeaders'), 'host;x-k8s-aws-id'],
    ['algorithm', url.searchParams.get('X-Amz-Algorithm'), 'AWS4-HMAC-SHA256'],
  ];
  const wrong = wanted.find(([, found, right]) => found !== right);
  return wrong && `its ${wrong[0]} is ${String(wrong[1])}, not ${String(wrong[2])}`;
}

function dateFault(url: URL, now: number): string | undefined {
  const text = url.searchParams.get('X-Amz-Date') ?? '';
  const date = parseAmzDate(text);
  if (date === undefined) return `its date ${text} cannot be read`;
  if (date > now + 60_000) return `its date ${text} is in the future`;
  return now - date > LIFETIME_MS ? `it is older than 15 minutes: ${text}` : undefined;
}

async function presignAgain(
  url: URL,
  clusterName: string,
  using: { known: KnownCredentials; region: string },
): Promise<string> {
  const { searchParams } = url;
  const signer = new SignatureV4({
    service: 'sts',
    region: using.region,
    credentials: using.known.credentials,
    sha256: Sha256,
  });
  const request = new HttpRequest({
    method: 'GET',
    protocol: 'https:',
    hostname: url.host,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: url.host, 'x-k8s-aws-id': clusterName },
  });
  const signed = await signer.presign(request, {
    signingDate: new Date(parseAmzDate(searchParams.get('X-Amz-Date') ?? '') ?? 0),
    expiresIn: Number(searchParams.get('X-Amz-Expires')),
    unhoistableHeaders: new Set(['x-k8s-aws-id']),
  });
  return String(signed.query?.['X-Amz-Signature']);
}

/** An administrator of the account is the cluster's creator; everyone else needs an access entry. */
function authenticate(caller: Caller, clusterName: string, eks: Eks): TokenVerdict {
  if (caller.roleArn === undefined) {
    return { ok: true, identity: { username: caller.arn, groups: ['system:masters', 'system:authenticated'], caller } };
  }
  const entry = eks.accessEntries.find(
    (each) => each.clusterName === clusterName && each.principalArn === caller.roleArn,
  );
  if (entry === undefined) return refuse(`no access entry of cluster ${clusterName} names ${caller.roleArn}`);
  const username = entry.username ?? caller.arn;
  return { ok: true, identity: { username, groups: [...entry.groups, 'system:authenticated'], caller } };
}
