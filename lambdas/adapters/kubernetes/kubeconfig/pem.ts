/** What kubeconfigs hold as PEM in base64: certificates and keys. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Returns the text. Go's decoder, which kubectl uses, takes line ends in it as well. */
export function decoded(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString();
}

/** Whether it holds at least one certificate, and each can be read. */
export function isCertificates(encoded: string): boolean {
  const found = BASE64.test(encoded) ? [...decoded(encoded).matchAll(CERTIFICATE)] : [];
  return found.length > 0 && found.every(([pem]) => isReadable(() => new X509Certificate(pem)));
}

/** Whether it is a private key that needs no passphrase. */
export function isKey(encoded: string): boolean {
  return BASE64.test(encoded) && isReadable(() => createPrivateKey(decoded(encoded)));
}

/** Whether the key is that of the certificate. Both are readable. */
export function isPair(certificate: string, key: string): boolean {
  return new X509Certificate(decoded(certificate)).checkPrivateKey(createPrivateKey(decoded(key)));
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
