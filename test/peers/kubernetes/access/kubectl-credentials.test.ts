/** The real kubectl with each kind of credentials that a kubeconfig can hold. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Credentials } from './kubeconfig.ts';
import { TestPeer } from '../api/wire.ts';

const run = promisify(execFile);
const installed = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
if (!installed) console.log('skipped: kubectl is not on PATH');

/** Prints the ExecCredential of the token in its environment. */
const PLUGIN =
  "console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: process.env.STAND_IN_TOKEN } }))";

describe.skipIf(!installed)('kubectl', () => {
  let given: TestPeer;
  let folder: string;

  const kubectl = async (credentials: Credentials, ...words: string[]): Promise<string> => {
    const config = join(folder, 'config');
    await writeFile(config, given.peer.kubeconfig(credentials, 'ann'));
    return (await run('kubectl', ['--kubeconfig', config, '--cache-dir', join(folder, 'cache'), ...words])).stdout;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
    given = await TestPeer.start({}, { runs: true });
    given.peer.world.addNode({ name: 'a' });
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }];
    const group = 'rbac.authorization.k8s.io';
    const role = { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'readers' }, rules };
    given.peer.world.apply(role);
    given.peer.world.apply({
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'readers' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'readers' },
      subjects: [{ apiGroup: group, kind: 'Group', name: 'readers' }],
    } as never);
  });

  afterAll(async () => {
    await given[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('reads by a client certificate, and is refused what its groups may not', async () => {
    const { cert: certificate, key } = await given.peer.addCertificateUser('ann', ['readers']);
    expect(await kubectl({ certificate, key }, 'get', 'nodes', '-o', 'name')).toBe('node/a\n');
    await expect(kubectl({ certificate, key }, 'label', 'node', 'a', 'team=blue')).rejects.toThrow(
      'User "ann" cannot patch resource "nodes"',
    );
  });

  it('reads by a credential plugin', async () => {
    const exec = {
      command: process.execPath,
      args: ['-e', PLUGIN],
      env: { STAND_IN_TOKEN: given.peer.addUser('ann', ['readers']) },
    };
    expect(await kubectl({ exec }, 'get', 'nodes', '-o', 'name')).toBe('node/a\n');
  });

  it('asks what it may do', async () => {
    const token = given.peer.addUser('ann', ['readers']);
    const canI = (...words: string[]): Promise<string> =>
      kubectl({ token }, 'auth', 'can-i', ...words).catch((error: unknown) => (error as { stdout: string }).stdout);
    expect(await canI('list', 'nodes')).toBe('yes\n');
    expect(await canI('create', 'pods', '--subresource=eviction')).toBe('no\n');
    expect(await canI('get', '/metrics')).toBe('no\n');
    const admin = { token: given.peer.adminToken };
    expect(await kubectl(admin, 'auth', 'can-i', 'delete', 'pods', '-A')).toBe('yes\n');
    expect(await kubectl(admin, 'get', 'nodes', '-o', 'name', '--as=ann', '--as-group=readers')).toBe('node/a\n');
  });
});
