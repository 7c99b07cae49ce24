/**
 * The two entries of a kubeconfig that access is made of: a cluster and a user. Their schemas say in words what a Lambda
 * function cannot use: it has no files of the person who wrote the kubeconfig, and runs no plugins.
 */
import * as z from 'zod/mini';
import { flag, object, text } from '../../../core/settings/fields.ts';
import { noSuchFile } from './entry-faults.ts';
import { isCertificates, isKey } from './pem.ts';

const OWN_USER = 'give Ebb a user of its own, and put its token or its client certificate here';

/** A field that must be left out. @param because why, and what to do instead */
function refused(because: string) {
  return optional(z.custom((value) => value === '', `must be left out: ${because}`));
}

/** A field that may be left out, or be null. */
function optional<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(z.nullable(schema));
}

/** @param what such as `a client certificate` */
function pem(holds: (encoded: string) => boolean, what: string) {
  const words = `must be ${what} in PEM, encoded as base64`;
  return z.string(words).check(z.refine(holds, words));
}

/** Cluster entry, but for the file `certificate-authority`, which counts only without data (entry-faults.ts). */
export const clusterEntry = object(
  {
    server: z
      .string('must be the address of the API server such as https://api.k8s.example.com')
      .check(z.refine(isServer, 'must be an https address without user, query or fragment')),
    'certificate-authority-data': optional(pem(isCertificates, 'the authority that signs for the server')),
    'tls-server-name': optional(text(/^[A-Za-z0-9.:-]{1,253}$/, 'the name in the certificate of the server')),
    'insecure-skip-tls-verify': optional(
      flag().check(
        z.refine(
          (skips) => !skips,
          'must not be true: anybody could stand in for the server; put its authority into certificate-authority-data',
        ),
      ),
    ),
    'proxy-url': refused('Ebb connects to the server itself; give it a VPC that reaches the server (field vpc)'),
  },
  '{ server: "https://…", certificate-authority-data: … }',
);

/** User entry, but for the files `client-certificate` and `client-key`, which count only without data. */
export const userEntry = object(
  {
    token: optional(text(/^[\x21-\x7e]+$/, 'a token: one line, without blanks')),
    'client-certificate-data': optional(pem(isCertificates, 'a client certificate')),
    'client-key-data': optional(pem(isKey, 'a key without a passphrase')),
    exec: refused(`a Lambda runs no plugin; ${OWN_USER}`),
    'auth-provider': refused(`a Lambda runs no plugin; ${OWN_USER}`),
    username: refused(`API servers take no passwords; ${OWN_USER}`),
    password: refused(`API servers take no passwords; ${OWN_USER}`),
    tokenFile: refused(noSuchFile('token')),
    as: refused(`Ebb acts as itself; ${OWN_USER}`),
    'as-uid': refused(`Ebb acts as itself; ${OWN_USER}`),
    'as-groups': refused(`Ebb acts as itself; ${OWN_USER}`),
    'as-user-extra': refused(`Ebb acts as itself; ${OWN_USER}`),
  },
  '{ token: … }',
);

export type ClusterEntry = z.output<typeof clusterEntry>;
export type UserEntry = z.output<typeof userEntry>;

function isServer(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, search, hash } = new URL(address);
  return protocol === 'https:' && [username, password, search, hash].every((part) => part === '');
}
