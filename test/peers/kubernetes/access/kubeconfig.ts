/** A kubeconfig for one user: by token, by client certificate, or by a command that gives either. */
import { stringify } from 'yaml';

/** How the user of a kubeconfig proves who it is. */
export type Credentials =
  | { readonly token: string }
  /** Both PEM. */
  | { readonly certificate: string; readonly key: string }
  /** A credential plugin: a command that prints an ExecCredential. */
  | { readonly exec: Plugin };

export interface Plugin {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Place {
  readonly url: string;
  /** PEM. @default the authorities that the client trusts */
  readonly ca?: string | undefined;
  /** The name that the server's certificate has to have, in place of the one in the address. */
  readonly serverName?: string;
}

export function kubeconfig({ url, ca, serverName }: Place, user: string, credentials: Credentials): string {
  const cluster = {
    server: url,
    ...(ca !== undefined && { 'certificate-authority-data': base64(ca) }),
    ...(serverName !== undefined && { 'tls-server-name': serverName }),
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'peer', cluster }],
    users: [{ name: user, user: userEntry(credentials) }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user } }],
    'current-context': 'peer',
  });
}

function userEntry(credentials: Credentials): object {
  if ('token' in credentials) return { token: credentials.token };
  if ('certificate' in credentials)
    return {
      'client-certificate-data': base64(credentials.certificate),
      'client-key-data': base64(credentials.key),
    };
  const { command, args = [], env = {} } = credentials.exec;
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const apiVersion = 'client.authentication.k8s.io/v1';
  return { exec: { apiVersion, command, args, env: variables, interactiveMode: 'Never', provideClusterInfo: false } };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
