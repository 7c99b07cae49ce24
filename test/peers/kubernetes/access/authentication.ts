/**
 * Who sends a request: the union of authenticators that an API server has. A client certificate that the client
 * authority signed comes first, then a bearer token. system:anonymous is for the health endpoints alone.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

import type { User } from './rbac.ts';
import { unauthorized } from './access-refusals.ts';

/** The user of a bearer token; undefined for a token that is none. */
export type TokenReview = (bearer: string) => Promise<User | undefined>;

/** What may be read without credentials; EKS allows anonymous requests for no more than these. */
const ANONYMOUS_PATHS = /^\/(healthz|livez|readyz)(\/|$)/;
const ANONYMOUS: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** What the server knows of its users. */
export interface Authenticators {
  /** Certificate of the authority that signs for users now, PEM: it may be replaced while connections are open. */
  readonly clientAuthority: () => string;
  readonly review: TokenReview;
}

/** The user of a request; refuses with 401 when it has no credentials, or a token that is none. */
export async function authenticated(
  incoming: IncomingMessage,
  path: string,
  { clientAuthority, review }: Authenticators,
): Promise<User> {
  const certified = userOfCertificate(incoming.socket as TLSSocket, clientAuthority());
  if (certified !== undefined) return withAuthenticated(certified);
  const [, bearer] = /^Bearer\s+(\S+)$/i.exec(incoming.headers.authorization ?? '') ?? [];
  if (bearer === undefined && ANONYMOUS_PATHS.test(path)) return ANONYMOUS;
  const user = bearer === undefined ? undefined : await review(bearer);
  if (user === undefined) throw unauthorized();
  return withAuthenticated(user);
}

/** The group that every user has who could prove its name. */
export function withAuthenticated({ username, groups }: User): User {
  return { username, groups: [...groups, 'system:authenticated'] };
}

/** The common name is the user, the organisations are its groups; a certificate of somebody else's authority is none. */
function userOfCertificate(socket: TLSSocket, authority: string): User | undefined {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  // The certificate was verified when the connection was made, by the authority of that time.
  if (certificate?.verify(new X509Certificate(authority).publicKey) !== true) return undefined;
  const subject = socket.getPeerCertificate().subject as Partial<Record<'CN' | 'O', string | string[]>> | undefined;
  const [username] = listed(subject?.CN);
  return username === undefined ? undefined : { username, groups: listed(subject?.O) };
}

function listed(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
