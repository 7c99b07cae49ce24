/** Kubeconfigs as kops, k3s and people write them, and what is wrong with some. */
import { stringify } from 'yaml';
import { makeCertificates, signClientCertificate, type CertifiedKey } from '../../../peers/kubernetes/access/tls.ts';

export const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.c2VjcmV0';
export const SERVER = 'https://api.k8s.example.com';

export interface Authorities {
  /** PEM. */
  readonly ca: string;
  readonly client: CertifiedKey;
  readonly other: CertifiedKey;
}

export async function makeAuthorities(): Promise<Authorities> {
  const { ca, clientAuthority } = await makeCertificates();
  const [client, other] = await Promise.all([
    signClientCertificate(clientAuthority, 'ebb', ['ebb']),
    signClientCertificate(clientAuthority, 'other', []),
  ]);
  return { ca, client, other };
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** One context with its cluster and user, between others that are of no use. @param changes of those three, and of the rest */
export function aKubeconfig(
  changes: { cluster?: object; user?: object; context?: object; rest?: object } = {},
): string {
  const { cluster = {}, user = { token: TOKEN }, context = {}, rest = {} } = changes;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    clusters: [
      { name: 'old', cluster: { server: 'http://old', 'insecure-skip-tls-verify': true } },
      { name: 'k8s.example.com', cluster: { server: SERVER, ...cluster } },
    ],
    users: [
      { name: 'person', user: { exec: { command: 'aws' } } },
      { name: 'ebb', user },
    ],
    contexts: [
      { name: 'old', context: { cluster: 'old', user: 'person' } },
      { name: 'k8s', context: { cluster: 'k8s.example.com', user: 'ebb', ...context } },
    ],
    'current-context': 'k8s',
    ...rest,
  });
}
