/** Checks Signature Version 4 in the Authorization header, by signing again with the secret that the peer knows. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../wire/aws-error.ts';
import type { WireRequest } from '../wire/request.ts';
import type { Caller, CredentialStore, Credentials } from './credentials.ts';

/** How far a request's date may be from the server's, either way. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Reads the Authorization header; undefined when there is none in SigV4 form. */
export function readAuthorization(request: WireRequest): Authorization | undefined {
  const header = request.headers.authorization ?? '';
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      header,
    );
  if (found === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = found;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Who signed the request.
 * @throws AwsError InvalidClientTokenId for unknown keys or a wrong session token, SignatureDoesNotMatch otherwise.
 */
export function authenticate(
  request: WireRequest,
  authorization: Authorization,
  options: { store: CredentialStore; now: number },
): Caller {
  const known = options.store.find(authorization.accessKeyId);
  if (known === undefined || request.headers['x-amz-security-token'] !== known.credentials.sessionToken) {
    throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  }
  checkDate(request, options.now);
  const expected = Buffer.from(sign(request, authorization, known.credentials));
  const given = Buffer.from(authorization.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
      403,
    );
  }
  return known.caller;
}

function checkDate(request: WireRequest, now: number): void {
  const sent = request.headers['x-amz-date'] ?? '';
  const time = parseAmzDate(sent);
  if (time !== undefined && Math.abs(now - time) <= CLOCK_SKEW_MS) return;
  throw new AwsError('SignatureDoesNotMatch', `Signature expired or not yet current: ${sent}`, 403);
}

/** `20260102T030405Z` as epoch milliseconds. */
export function parseAmzDate(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(iso);
  return Number.isNaN(time) ? undefined : time;
}

function sign(request: WireRequest, authorization: Authorization, credentials: Credentials): string {
  const { date, region, service } = authorization;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'] ?? '',
    scope,
    sha256(canonicalRequest(request, authorization.signedHeaders)),
  ].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  return createHmac('sha256', key).update(toSign).digest('hex');
}

function canonicalRequest(request: WireRequest, signedHeaders: readonly string[]): string {
  const query = [...request.query]
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&');
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [
    request.method,
    // The path is encoded once more than it was sent, as every service but S3 wants it.
    request.path.split('/').map(escape).join('/'),
    query,
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
