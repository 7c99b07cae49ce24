/** Made certificate authorities: one signs the server's certificate for 127.0.0.1, one its users'. Valid in real time. */
import { generate } from 'selfsigned';

/** A certificate and its key, both PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** The server's own, and what goes with it. */
export interface Certificates extends CertifiedKey {
  /** PEM of the authority that clients have to trust. */
  readonly ca: string;
  /** The authority whose client certificates name users (`--client-ca-file`). */
  readonly clientAuthority: CertifiedKey;
}

export async function makeCertificates(): Promise<Certificates> {
  const [authority, clientAuthority] = await Promise.all([makeAuthority('kubernetes'), makeClientAuthority()]);
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private, clientAuthority };
}

/** An authority whose client certificates name users. */
export function makeClientAuthority(): Promise<CertifiedKey> {
  return makeAuthority('kubernetes-users');
}

/** A client certificate as Kubernetes reads it: the common name is the user, each organisation one of its groups. */
export async function signClientCertificate(
  authority: CertifiedKey,
  username: string,
  groups: readonly string[],
): Promise<CertifiedKey> {
  const organisations = groups.map((value) => ({ name: 'organizationName', value }));
  const client = await generate([...organisations, { name: 'commonName', value: username }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return { cert: client.cert, key: client.private };
}

async function makeAuthority(commonName: string): Promise<CertifiedKey> {
  const authority = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert: authority.cert, key: authority.private };
}
