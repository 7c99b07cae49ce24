/** A kubeconfig for one user by token. */
import { stringify } from 'yaml';

export function kubeconfig({ url, ca, token, user }: { url: string; ca: string; token: string; user: string }): string {
  const authority = Buffer.from(ca).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'peer', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user } }],
    'current-context': 'peer',
  });
}
