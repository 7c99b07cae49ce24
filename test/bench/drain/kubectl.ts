/** The kubectl on PATH, as a process: the drainer that Ebb is measured against. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../temporary-folder.ts';

const run = promisify(execFile);

/** The client's version, or undefined where there is no kubectl on PATH. */
export async function kubectlVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json']);
    return (JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
  } catch {
    return undefined;
  }
}

export interface KubectlDrain {
  /** As YAML. */
  readonly kubeconfig: string;
  readonly node: string;
  /** Besides `--ignore-daemonsets`. */
  readonly options?: readonly string[];
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** @returns the seconds that the process lasted; rejects as execFile does when it does not end with 0 */
export async function kubectlDrain({ kubeconfig, node, options = [], signal }: KubectlDrain): Promise<number> {
  const folder = makeTemporaryFolder('ebb-bench');
  try {
    const file = join(folder, 'kubeconfig');
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const places = ['--kubeconfig', file, '--cache-dir', folder];
    const began = Date.now();
    await run('kubectl', [...places, 'drain', node, '--ignore-daemonsets', ...options], {
      maxBuffer: 64 * 1024 * 1024,
      ...(signal && { signal }),
    });
    return (Date.now() - began) / 1000;
  } finally {
    removeTemporaryFolder(folder);
  }
}
