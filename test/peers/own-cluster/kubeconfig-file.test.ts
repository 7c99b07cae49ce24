/** Reading somebody's kubeconfig: what is wrong with it in words, and every way to be somebody. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OwnClusterFault } from './fault.ts';
import { KubeconfigFile } from './kubeconfig-file.ts';
import { KubeconfigFolder } from './kubeconfig-given.ts';

function faultOf(read: () => unknown): OwnClusterFault {
  try {
    read();
  } catch (error) {
    if (error instanceof OwnClusterFault) return error;
    throw error;
  }
  throw new Error('there was no fault');
}

const context = { contexts: [{ name: 'mine', context: { cluster: 'own', user: 'me' } }] };

test.each([
  ['has no current context', { rest: { 'current-context': '' } }],
  ['has no context other', { rest: { 'current-context': 'other' } }],
  ['has no cluster own, which context mine names', { rest: { ...context, clusters: [] } }],
  ['has no user me, which context mine names', { rest: { ...context, users: [] } }],
  ['is not a kubeconfig: it does not say "kind: Config"', { rest: { kind: 'ConfigMap' } }],
  ['is not a kubeconfig: clusters[0].cluster.server is missing', { cluster: { 'tls-server-name': 'x' } }],
  ['names the server ftp://host, which is no https address', { cluster: { server: 'ftp://host' } }],
  ['names a server without TLS, http://127.0.0.1:1', { cluster: { server: 'http://127.0.0.1:1' } }],
])('a file that %s is refused', (words, parts) => {
  using folder = new KubeconfigFolder();
  const file = folder.kubeconfig(parts);
  const { message, fix } = faultOf(() => new KubeconfigFile(file));
  expect(message).toContain(`${file} ${words}`);
  expect(fix.length).toBeGreaterThan(0);
});

test('a file that is missing, no YAML or a folder is refused, saying where to get one', () => {
  using folder = new KubeconfigFolder();
  const missing = faultOf(() => new KubeconfigFile(join(folder.path, 'nowhere')));
  expect(missing.message).toMatch(/^there is no file .*nowhere$/);
  expect(missing.fix.join('\n')).toContain('kind get kubeconfig');
  expect(faultOf(() => new KubeconfigFile(folder.write('prose', 'a: [b'))).message).toContain('is not a kubeconfig');
  expect(faultOf(() => new KubeconfigFile(folder.path)).message).toContain('cannot be read');
});

test.each([
  ['a token', { token: 'secret' }, { Authorization: 'Bearer secret' }],
  ['a token file beside it', { tokenFile: 'token' }, { Authorization: 'Bearer from a file' }],
  [
    'a plugin beside it, which is told the version',
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' } },
    { Authorization: 'Bearer client.authentication.k8s.io/v1' },
  ],
  [
    'somebody else',
    { token: 'secret', as: 'jane', 'as-groups': ['ops', 'dev'] },
    { Authorization: 'Bearer secret', 'Impersonate-User': 'jane', 'Impersonate-Group': ['ops', 'dev'] },
  ],
])('the user can be by %s', async (_, user, headers) => {
  using folder = new KubeconfigFolder();
  folder.write('token', 'from a file\n');
  const version = '$(echo "$KUBERNETES_EXEC_INFO" | sed "s/.*apiVersion\\":\\"\\([^\\"]*\\).*/\\1/")';
  folder.write('plugin', `#!/bin/sh\necho '{"status":{"token":"'${version}'"}}'\n`, 0o700);
  expect((await new KubeconfigFile(folder.kubeconfig({ user })).access()).headers).toEqual(headers);
});

test('the user can be by a name and a password', async () => {
  using folder = new KubeconfigFolder();
  const file = folder.kubeconfig({ user: { username: 'jane', password: 'p:w' } });
  expect((await new KubeconfigFile(file).access()).auth).toBe('jane:p:w');
});

test('credentials that cannot be made are said, with the plugin that failed', async () => {
  using folder = new KubeconfigFolder();
  folder.write('plugin', '#!/bin/sh\necho "log in first" >&2\nexit 3\n', 0o700);
  const failing = new KubeconfigFile(folder.kubeconfig({ user: { exec: { command: './plugin' } } }));
  await expect(failing.access()).rejects.toThrow(/credential plugin .*plugin of user me .*: log in first$/);
  const absent = new KubeconfigFile(folder.kubeconfig({ user: { exec: { command: 'no-such-plugin' } } }));
  await expect(absent.access()).rejects.toThrow(/no-such-plugin of user me .*ENOENT/);
  const keyless = new KubeconfigFile(folder.kubeconfig({ user: { 'client-certificate': 'gone.crt' } }));
  await expect(keyless.access()).rejects.toThrow(/credentials of user me .*gone\.crt/);
});
