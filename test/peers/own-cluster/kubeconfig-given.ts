/** For tests: kubeconfig files in a folder of their own, which goes with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface KubeconfigParts {
  readonly cluster?: object;
  readonly user?: object;
  /** In place of what follows from the parts. */
  readonly rest?: object;
}

export class KubeconfigFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'ebb-own-'));

  /** Writes a file and answers its path. */
  write(name: string, text: string, mode = 0o600): string {
    const file = join(this.path, name);
    writeFileSync(file, text, { mode });
    return file;
  }

  /** A kubeconfig with one context `mine` of one cluster and one user. */
  kubeconfig({ cluster = { server: 'https://127.0.0.1:1' }, user = {}, rest = {} }: KubeconfigParts): string {
    const whole = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'own', cluster }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'mine', context: { cluster: 'own', user: 'me' } }],
      'current-context': 'mine',
      ...rest,
    };
    return this.write('config', stringify(whole));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** As a kubeconfig has certificates. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
