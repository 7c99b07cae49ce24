/**
 * Decides who may use the endpoint (contract 7.4). With IAM, Lambda decides before it invokes us. With a secret, it is
 * whoever presents the current version (AWSCURRENT). A version that is staged for later lets nobody in. The previous
 * version lets in only as long as it is cached here.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readSecretLazily } from '../../adapters/secrets/lazy-secrets.ts';
import type { HttpRequest } from './read-request.ts';
import { SECRET_PARAMETER } from './request.ts';
import type { Door } from '../configuration/settings.ts';

/** Returns who asks, for the journal; undefined: they may not. @throws SecretUnreadable when nobody can be let in */
export type Doorkeeper = (request: HttpRequest) => Promise<string | undefined>;

/** How long the secret is cached. */
const KEPT_MS = 5 * 60_000;

/** How long it is cached while another is presented: that may be a new one, but not every guess may cost a read. */
const READ_AGAIN_AFTER_MS = 30_000;

export function doorkeeper(door: Door): Doorkeeper {
  return door.kind === 'iam' ? iamDoorkeeper : secretDoorkeeper(() => readSecretLazily(door.id));
}

/** Returns the signer that Lambda names. Where it names none, the URL does not require IAM, and nobody is let in. */
const iamDoorkeeper: Doorkeeper = ({ requestContext }) => {
  return Promise.resolve(requestContext.authorizer?.iam?.userArn);
};

/** Thrown when nobody can be let in. The message says why, with names that are for the log alone. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/** Least characters of a secret: the URL is public, and a shorter secret can be guessed. */
const SHORTEST_SECRET = 16;

/**
 * @param read returns the secret as it is now
 * @throws SecretUnreadable when it cannot be read, or is too short to let anybody in
 */
export function secretDoorkeeper(read: () => Promise<string>): Doorkeeper {
  let known: { readonly secret: Buffer | SecretUnreadable; readonly at: number } | undefined;
  const digestWithin = async (milliseconds: number): Promise<Buffer> => {
    const kept = known?.secret instanceof SecretUnreadable ? READ_AGAIN_AFTER_MS : milliseconds;
    if (known === undefined || Date.now() - known.at >= kept) known = { secret: await digestNow(read), at: Date.now() };
    if (known.secret instanceof SecretUnreadable) throw known.secret;
    return known.secret;
  };
  return async (request) => {
    const presented = presentedSecret(request);
    if (presented === undefined) return undefined;
    const digest = digestOf(presented);
    const isRight =
      timingSafeEqual(digest, await digestWithin(KEPT_MS)) ||
      timingSafeEqual(digest, await digestWithin(READ_AGAIN_AFTER_MS));
    return isRight ? 'holder of the secret' : undefined;
  };
}

async function digestNow(read: () => Promise<string>): Promise<Buffer | SecretUnreadable> {
  let secret: string;
  try {
    secret = await read();
  } catch (cause) {
    return new SecretUnreadable(`the secret cannot be read: ${String(cause)}`, { cause });
  }
  if (secret.length >= SHORTEST_SECRET) return digestOf(secret);
  const fix = `give it ${SHORTEST_SECRET} at least, at random`;
  return new SecretUnreadable(`the secret has ${secret.length} characters, which can be guessed: ${fix}`);
}

/** A digest has one length whatever was presented, as the comparison needs, so that its time reveals nothing. */
function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The header's secret, or else the query's; a secret that is in the query twice does not count. */
function presentedSecret({ headers, rawQueryString }: HttpRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const [inQuery, ...more] = new URLSearchParams(rawQueryString).getAll(SECRET_PARAMETER);
  return more.length === 0 ? inQuery : undefined;
}
