/** The real kubectl against the peer: an independent client that was not written for it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestPeer } from './api/wire.ts';

const run = promisify(execFile);
const installed = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
if (!installed) console.log('skipped: kubectl is not on PATH');

describe.skipIf(!installed)('kubectl', () => {
  let given: TestPeer;
  let folder: string;

  const kubectl = async (...words: string[]): Promise<string> => {
    const places = ['--kubeconfig', join(folder, 'config'), '--cache-dir', join(folder, 'cache')];
    return (await run('kubectl', [...places, ...words])).stdout;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
    given = await TestPeer.start({}, { runs: true });
    await writeFile(join(folder, 'config'), given.peer.kubeconfig());
    const { world } = given.peer;
    for (const name of ['a', 'b', 'c']) world.addNode({ name, providerID: `aws:///eu-central-1a/i-${name}` });
    world.addDeployment({ namespace: 'app', name: 'web', replicas: 3, nodes: ['a'], shutdownSeconds: 0.1 });
    world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 1, nodes: ['a'], volume: true });
    world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
    world.addBudget({ namespace: 'app', name: 'web', for: 'web', maxUnavailable: 2 });
    await given.peer.settle();
  });

  afterAll(async () => {
    await given[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('gets and describes', async () => {
    expect(await kubectl('get', 'nodes')).toContain('a ');
    expect((await kubectl('get', 'pods,pdb,deploy,sts,pvc', '-n', 'app', '-o', 'name')).split('\n')).toContain(
      'poddisruptionbudget.policy/web',
    );
    const node = await kubectl('describe', 'node', 'a');
    expect(node).toMatch(/Unschedulable:\s+false/);
    expect(node).toMatch(/kube-system\s+agent-/);
    expect(await kubectl('describe', 'pdb', 'web', '-n', 'app')).toMatch(/Allowed disruptions:\s+2/);
  });

  it('applies, labels and deletes', async () => {
    await writeFile(join(folder, 'other.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: other }\n');
    await kubectl('create', '--validate=false', '-f', join(folder, 'other.yaml'));
    await kubectl('label', 'node', 'b', 'team=blue');
    await kubectl('taint', 'node', 'b', 'team=blue:PreferNoSchedule');
    expect(given.peer.node('b')?.spec.taints).toMatchObject([{ key: 'team', value: 'blue' }]);
    await kubectl('taint', 'node', 'b', 'team-');
    expect(given.peer.node('b')?.metadata.labels).toMatchObject({ team: 'blue' });
    await kubectl('delete', 'namespace', 'other');
  });

  it('drains a node under a budget, and everything runs elsewhere', async () => {
    given.peer.availability.watch();
    const before = given.peer.requests.count('kubernetes-admin');
    const output = await kubectl('drain', 'a', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=20s');
    expect(output).toContain('node/a drained');
    await given.peer.settle();
    expect(given.peer.podsOn('a').map(({ metadata }) => metadata.namespace)).toEqual(['kube-system']);
    expect(given.peer.node('a')?.spec.taints).toMatchObject([{ key: 'node.kubernetes.io/unschedulable' }]);
    expect(given.peer.availability.report().violations).toEqual([]);
    expect(given.readyPods()).toHaveLength(4);
    expect(given.peer.requests.count('kubernetes-admin')).toBeGreaterThan(before + 8);
  });
});
