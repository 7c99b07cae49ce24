/** `ebb evacuate`: by the function in AWS, or on this machine with one's own credentials (contract 11.4). */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { novaDrainConfig, PASSWORD } from '../../../adapters/openstack/given.ts';
import { DrivenClock } from '../../../peers/clock.ts';
import { OpenStackPeer } from '../../../peers/openstack/peer.ts';

const PROJECT = resolve(import.meta.dirname, '../../../..');

let cloud: OpenStackPeer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-evacuate-'));
  cloud = await OpenStackPeer.start({ clock: new DrivenClock() });
  // Time is real here.
  cloud.compute.durations = { record: 5, schedule: 10, step: 5, copy: 20 };
  for (const host of ['hv-a', 'hv-b']) cloud.state.addHost(host);
  writeFileSync(join(folder, 'config.yaml'), novaDrainConfig(cloud));
});
afterAll(async () => {
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(PROJECT, 'infra/cli/ebb.js'), 'evacuate', ...args],
      { cwd: PROJECT, env: { ...process.env, OS_AUTH_URL: '', ...environment } },
      (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}

const local = (...args: readonly string[]): Promise<Ended> =>
  run(['hv-a', '--local', '--allow-http', '--hosts', cloud.hosts.join(), ...args]);
const LONG = { timeout: 60_000 };

describe('on this machine (contract 11.4)', () => {
  test('with nova-kubernetes-drain’s config.yaml it evacuates, and names the guest that stays', LONG, async () => {
    const project = cloud.state.project('admin');
    cloud.state.addServer('web', { project, host: 'hv-a' });
    const { id } = cloud.state.addServer('broken', { project, host: 'hv-a', vm: 'error' });
    const { code, stdout, stderr } = await local('--credentials', join(folder, 'config.yaml'));
    expect(code).toBe(1);
    expect(stdout).toBe(`hv-a: left; 1 moved, 1 stay\n  broken (${id}, project ${project.id}): it is in ERROR\n`);
    expect(stderr).toContain('moved web to hv-b');
    cloud.state.servers.clear();
  });

  test('with the variables of OpenStack’s clients it ends with 0 where no guest is left, in JSON', LONG, async () => {
    cloud.state.addServer('web', { project: cloud.state.project('admin'), host: 'hv-a' });
    const environment = {
      OS_AUTH_URL: cloud.authUrl,
      OS_USERNAME: 'admin',
      OS_PASSWORD: PASSWORD,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_ID: 'default',
      OS_PROJECT_DOMAIN_ID: 'default',
    };
    const hosts = ['--allow-http', '--hosts', cloud.hosts.join()];
    const { code, stdout, stderr } = await run(['hv-a', '--local', '--json', ...hosts], environment);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.at(-1)).toEqual({ host: 'hv-a', result: 'evacuated', moved: 1, gone: 0, stayed: [] });
    expect(lines).toContainEqual(expect.objectContaining({ type: 'guest.moved', name: 'web', to: 'hv-b' }));
    expect(stdout + stderr).not.toContain(PASSWORD);
    cloud.state.servers.clear();
  });

  test('what cannot begin ends with 1 and says why, without the password', LONG, async () => {
    writeFileSync(join(folder, 'wrong.yaml'), novaDrainConfig(cloud, { Password: 'wrong-password' }));
    const wrong = await local('--credentials', join(folder, 'wrong.yaml'));
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      expect.stringContaining('Keystone does not take the password') as string,
    ]);
    expect(wrong.stdout + wrong.stderr).not.toContain('wrong-password');
    const none = await local('--credentials', join(folder, 'none.yaml'));
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('none.yaml cannot be read (ENOENT)') as string,
    ]);
    const unset = await local();
    expect([unset.code, unset.stderr]).toEqual([
      1,
      expect.stringContaining('give --credentials FILE, or set OS_AUTH_URL') as string,
    ]);
  });
});

describe('wrong usage ends with 2 and names every fault (contract 11.4)', () => {
  test.each([
    [['hv-a'], ['--function is missing, or --local', '--cluster must be the name of the cluster']],
    [
      ['hv-a', '--local', '--function', 'arn:x', '--node'],
      ['--function is taken without --local only', '--node is taken'],
    ],
    [['hv-a', '--function', 'arn:x', '--cluster', 'p', '--allow-http'], ['--allow-http is taken with --local only']],
    [['hv-a', '--local', '--timeout', 'soon'], ['--timeout: must be whole seconds from 60 to 86400']],
  ])('%j', LONG, async (args, faults) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    for (const fault of faults) expect(stderr).toContain(`error: ${fault}`);
  });
});
