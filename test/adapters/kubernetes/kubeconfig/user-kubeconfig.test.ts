/** Access by the kubeconfig of a user on their own machine (contract 10.7), over the wire against the Kubernetes peer. */
import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { openUserCluster } from '../../../../lambdas/adapters/kubernetes/kubeconfig/user-kubeconfig.ts';
import { DrivenClock } from '../../../peers/clock.ts';
import { KubernetesPeer } from '../../../peers/kubernetes/peer.ts';
import { KubeconfigFolder } from '../../../peers/own-cluster/kubeconfig-given.ts';

class Given implements AsyncDisposable {
  readonly peer: KubernetesPeer;
  readonly folder = new KubeconfigFolder();

  private constructor(peer: KubernetesPeer) {
    this.peer = peer;
    peer.world.addNode({ name: 'worker' });
  }

  static async start(): Promise<Given> {
    return new Given(await KubernetesPeer.start({ clock: new DrivenClock() }));
  }

  get cluster() {
    return { server: this.peer.url, 'certificate-authority-data': base64(this.peer.ca) };
  }

  /** @param user @default the administrator's token */
  count({ cluster = this.cluster, user = { token: this.peer.adminToken } }: { cluster?: object; user?: object } = {}) {
    const config = new KubeConfig();
    config.loadFromFile(this.folder.kubeconfig({ cluster, user }));
    return openUserCluster(config).countNodes();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer.stop();
    this.folder[Symbol.dispose]();
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('a user’s kubeconfig', () => {
  test('with a token and the authority’s file is taken', async () => {
    await using given = await Given.start();
    const authority = given.folder.write('ca.pem', given.peer.ca);
    expect(await given.count({ cluster: { server: given.peer.url, 'certificate-authority': authority } })).toBe(1);
  });

  test('with files of a client certificate and its key is taken', async () => {
    await using given = await Given.start();
    const { cert, key } = await given.peer.addCertificateUser('jane', ['system:masters']);
    const user = {
      'client-certificate': given.folder.write('jane.pem', cert),
      'client-key': given.folder.write('jane.key', key),
    };
    expect(await given.count({ user })).toBe(1);
  });

  test('with a credential plugin is taken', async () => {
    await using given = await Given.start();
    const apiVersion = 'client.authentication.k8s.io/v1';
    const credential = { apiVersion, kind: 'ExecCredential', status: { token: given.peer.adminToken } };
    const args = ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`];
    const exec = { apiVersion, command: process.execPath, args, interactiveMode: 'Never' };
    expect(await given.count({ user: { exec } })).toBe(1);
  });

  test('with insecure-skip-tls-verify takes any certificate', async () => {
    await using given = await Given.start();
    const cluster = { server: given.peer.url, 'insecure-skip-tls-verify': true };
    expect(await given.count({ cluster })).toBe(1);
  });

  test.each<[string, { cluster?: object; user?: object }, string]>([
    [
      'a token that the server does not know',
      { user: { token: 'nobody' } },
      'does not take the credentials of context mine',
    ],
    ['a user to act as', { user: { token: 'any', as: 'jane' } }, 'acts as somebody else (Impersonate-User)'],
    ['a password', { user: { username: 'jane', password: 'x' } }, 'has a user name and password'],
    [
      'a plugin that there is not',
      { user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/plugin' } } },
      'the credentials of context mine cannot be used',
    ],
  ])('with %s is refused', async (_, parts, words) => {
    await using given = await Given.start();
    await expect(given.count(parts)).rejects.toThrow(words);
  });

  test.each<[string, object, string]>([
    ['an authority that has not signed the server’s certificate', {}, 'does not trust the API server'],
    ['a proxy', { 'proxy-url': 'http://127.0.0.1:1' }, 'names a proxy (proxy-url)'],
  ])('with %s is refused', async (_, parts, words) => {
    await using given = await Given.start();
    await expect(given.count({ cluster: { server: given.peer.url, ...parts } })).rejects.toThrow(words);
  });
});
