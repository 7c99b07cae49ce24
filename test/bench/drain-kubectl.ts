/** `kubectl drain`, measured on the same peer. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DrivenClock } from '../peers/clock.ts';
import { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { checkPlaced, lowestOf, PODS_PER_NODE, populate, type DrainCase, type Measurement } from './drain-case.ts';

const run = promisify(execFile);
const NODES = ['node-0', 'node-1', 'node-2', 'node-3', 'node-4'];
const USER = 'kubernetes-admin';

/** The client's version, or undefined where there is no kubectl on PATH. */
export async function kubectlVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json']);
    return (JSON.parse(stdout) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
  } catch {
    return undefined;
  }
}

export async function measureKubectl(drain: DrainCase, version: string): Promise<Measurement> {
  const kubernetes = await KubernetesPeer.start({ clock: new DrivenClock() });
  const folder = mkdtempSync(join(tmpdir(), 'ebb-bench-'));
  try {
    const [node = ''] = NODES;
    for (const name of NODES) kubernetes.world.addNode({ name, pods: PODS_PER_NODE });
    populate(kubernetes.world, drain, node);
    await kubernetes.whenSettled();
    checkPlaced(drain, kubernetes.podsOn(node).length);
    kubernetes.availability.watch();
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, kubernetes.kubeconfig());
    const began = Date.now();
    await run('kubectl', ['--kubeconfig', kubeconfig, '--cache-dir', folder, 'drain', node, '--ignore-daemonsets'], {
      maxBuffer: 64 * 1024 * 1024,
    });
    const seconds = (Date.now() - began) / 1000;
    const { workloads, violations } = kubernetes.availability.report();
    return {
      ...drain,
      drainer: `kubectl ${version}`,
      seconds,
      requests: kubernetes.requests.count(USER),
      refused: kubernetes.evictions.filter(({ status }) => status === 429).length,
      lowestReady: lowestOf(workloads),
      violations: violations.length,
    };
  } finally {
    await kubernetes.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
