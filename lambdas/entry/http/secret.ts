/**
 * Who is let in to the endpoint (contract 7.4). With IAM, Lambda has judged before it invokes us. With a secret, whoever
 * presents its current version (AWSCURRENT). One that is staged for later lets nobody in; the one before only as long as
 * it is kept here.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SECRET_PARAMETER, type HttpRequest } from './request.ts';
import type { Door } from '../configuration/settings.ts';

/** Who asks, for the journal; undefined: nobody who may. @throws SecretUnreadable when nobody can be let in */
export type Doorkeeper = (request: HttpRequest) => Promise<string | undefined>;

/** For how long the secret is used without reading it again. */
const KEPT_MS = 5 * 60_000;

/** A wrong secret may be a new one: it is read again, but not for everybody who guesses. */
const READ_AGAIN_AFTER_MS = 30_000;

export function doorkeeper(door: Door): Doorkeeper {
  return door.kind === 'iam' ? iamDoorkeeper : secretDoorkeeper(() => readLazily(door.id));
}

/** With IAM the client is never needed, so it is loaded at the first question only. */
async function readLazily(id: string): Promise<string> {
  const { readSecret, secretsClient } = await import('../../adapters/aws/secrets.ts');
  return readSecret(secretsClient(), id);
}

/** Lambda tells who has signed. Where it tells nobody, the URL does not ask for IAM, and should not be open. */
const iamDoorkeeper: Doorkeeper = ({ requestContext }) => {
  return Promise.resolve(requestContext.authorizer?.iam?.userArn);
};

/** Nobody can be let in: the message says why, with names that are for the log alone. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

/** Characters. The URL is public, and a shorter one can be guessed. */
const SHORTEST_SECRET = 16;

/**
 * @param read the secret as it is now
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

/** Of one length whatever was presented, as the comparison needs, so that its time tells nothing. */
function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The header counts before the query; a secret that stands there twice is none. */
function presentedSecret({ headers, rawQueryString }: HttpRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const [inQuery, ...more] = new URLSearchParams(rawQueryString).getAll(SECRET_PARAMETER);
  return more.length === 0 ? inQuery : undefined;
}
