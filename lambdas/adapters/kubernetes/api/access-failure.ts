/** Failures of a TLS connection that concern access: which side does not trust the certificate of the other. */
import type { AccessFailure } from './access.ts';

/** Parts of the error codes by which OpenSSL and Node.js refuse the server's certificate. */
const UNTRUSTED = ['CERT', 'UNABLE_TO_VERIFY', 'UNABLE_TO_GET_ISSUER'];

/** Error codes of a certificate that is out of its time. */
const EXPIRED = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** Error codes of the alerts by which a server, or a proxy before it, refuses our certificate. */
const REFUSED_CLIENT = /_ALERT_(.*CERTIFICATE|UNKNOWN_CA)/;

/** Undefined when the connection failed for another reason. */
export function accessFailureOf(error: unknown): AccessFailure | undefined {
  const { code } = (error instanceof Error ? (error.cause ?? {}) : {}) as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  if (REFUSED_CLIENT.test(code)) return { kind: 'unknown' };
  const reason = connectionFailure(error);
  if (EXPIRED.includes(code)) return { kind: 'expired', reason };
  return UNTRUSTED.some((part) => code.includes(part)) ? { kind: 'untrusted', reason } : undefined;
}

/** Returns what happened: fetch says only "fetch failed", and the cause has the reason. */
export function connectionFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
