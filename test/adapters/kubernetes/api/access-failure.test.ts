/** What an error of a TLS connection says of access. */
import { expect, test } from 'vitest';
import { accessFailureOf } from '../../../../lambdas/adapters/kubernetes/api/access-failure.ts';

/** As fetch throws it. */
function failed(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`reason of ${code}`), { code }) });
}

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted'],
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'expired'],
])('%s: the server is %s, with the reason', (code, kind) => {
  expect(accessFailureOf(failed(code))).toEqual({ kind, reason: `reason of ${code}` });
});

test.each([
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
])('%s: the server does not know our certificate', (code) => {
  expect(accessFailureOf(failed(code))).toEqual({ kind: 'unknown' });
});

test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
  '%s says nothing of access',
  (code) => {
    expect(accessFailureOf(failed(code))).toBeUndefined();
  },
);
