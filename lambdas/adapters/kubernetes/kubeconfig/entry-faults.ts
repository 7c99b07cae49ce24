/** Finds faults of a kubeconfig's entries that no single field shows. Fields are taken as they were written. */
import { isCertificates, isKey, isPair } from './pem.ts';

/** Fields of an entry, of any shape. */
type Written = Readonly<Record<string, unknown>>;

/** Finds an authority that is a file. Beside data, kubectl ignores the file. */
export function faultsOfAuthority(entry: unknown, at: string): string[] {
  return faultsOfFiles(fieldsOf(entry), at, ['certificate-authority']);
}

/** Finds credentials that are files, missing, half there, or that do not belong together. */
export function faultsOfCredentials(entry: unknown, at: string): string[] {
  const user = fieldsOf(entry);
  const files = faultsOfFiles(user, at, ['client-certificate', 'client-key']);
  if (files.length > 0 || OTHER_CREDENTIALS.some((field) => isSet(user, field))) return files;
  const { 'client-certificate-data': certificate, 'client-key-data': key } = user;
  if (!isSet(user, CERTIFICATE) && !isSet(user, KEY))
    return isSet(user, 'token') ? [] : [`${at} must have a token, or ${CERTIFICATE} and ${KEY}`];
  if (!isSet(user, KEY)) return [`${at}.${KEY} is missing: it is the key of ${CERTIFICATE}`];
  if (!isSet(user, CERTIFICATE)) return [`${at}.${CERTIFICATE} is missing: it is the certificate of ${KEY}`];
  // A certificate or key that cannot be read is another fault.
  if (!isText(certificate) || !isText(key) || !isCertificates(certificate) || !isKey(key)) return [];
  return isPair(certificate, key) ? [] : [`${at}.${KEY} must be the key of ${CERTIFICATE}, and is another`];
}

const CERTIFICATE = 'client-certificate-data';
const KEY = 'client-key-data';

/** Credentials that Ebb does not take: each is a fault of its own, and no others need be missed. */
const OTHER_CREDENTIALS = ['exec', 'auth-provider', 'username', 'password', 'tokenFile'];

function faultsOfFiles(entry: Written, at: string, fields: readonly string[]): string[] {
  return fields
    .filter((field) => isSet(entry, field) && !isSet(entry, `${field}-data`))
    .map((field) => `${at}.${field} must be left out: ${noSuchFile(`${field}-data`)}`);
}

/** @param instead the field that holds what the file would */
export function noSuchFile(instead: string): string {
  return `a Lambda has no such file; put what it holds into ${instead}`;
}

function fieldsOf(entry: unknown): Written {
  return typeof entry === 'object' && entry !== null ? (entry as Written) : {};
}

function isSet(entry: Written, field: string): boolean {
  return (entry[field] ?? '') !== '';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
