/** `ebb rotate --local` and `ebb retire --local` (contract 10.4, 10.7), over the wire against both peers. */
import { describe, expect, test } from 'vitest';
import { RETIRING_LABEL } from '../../../../lambdas/core/node/marks.ts';
import { GROUP } from '../../../workflow/retirement/rehearsal.ts';
import { OwnMachine } from './own-machine.ts';

const ROTATE = ['rotate', '--local', '--cluster', 'production'];
const RETIRE = ['retire', '--local', '--cluster', 'production'];

describe('ebb rotate --local', () => {
  test('replaces every node, tells each group’s progress, and ends with 0', async () => {
    await using given = await OwnMachine.start();
    const { rehearsal } = given;
    const before = rehearsal.instances;
    const options = ['--config', given.config, '--max-surge', '3', '--pause-between-drains', '0'];
    const { status, stdout, stderr } = await given.ebb(...ROTATE, ...options);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/rotation \w+ of production started, at most 3 at once/);
    expect(stdout).toContain('workers: 0 done, 3 in hand, 0 left');
    expect(stdout).toMatch(/workers: 3 done, 0 left\nRotation done\.\n$/);
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
  });

  test('takes the names of mattermost/rotator, as its README writes them', async () => {
    await using given = await OwnMachine.start({ nodes: 2 });
    const { rehearsal } = given;
    const before = rehearsal.instances;
    const line =
      '--rotate-masters --rotate-workers --max-scaling 2 --max-drain-retries 10 --evict-grace-period 60 --wait-between-rotations 10 --wait-between-drains 20 --wait-between-pod-evictions 2 --json';
    const { status, stdout } = await given.ebb(...ROTATE, ...line.split(' '), '--config', given.config);
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    const events = lines.map((each) => JSON.parse(each) as { type: string; request?: unknown; result?: string });
    expect(events.find(({ type }) => type === 'rotation.started')?.request).toMatchObject({
      rotateControlPlane: true,
      rotateWorkers: true,
      maxSurge: 2,
      maxDrainRetries: 10,
      gracePeriod: 60,
      pauseBetweenBatches: 10,
      pauseBetweenDrains: 20,
      pauseBetweenEvictions: 2,
    });
    expect(events.at(-1)).toMatchObject({ type: 'result', result: 'done' });
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
  });

  test('leaves the workers with --rotate-masters alone, as rotator does', async () => {
    await using given = await OwnMachine.start({ nodes: 1 });
    const { status, stdout } = await given.ebb(...ROTATE, '--rotate-masters', '--dry-run');
    expect([status, stdout]).toEqual([0, expect.stringContaining('No group would be rotated.')]);
  });

  test('changes nothing with --dry-run, and tells what it would do', async () => {
    await using given = await OwnMachine.start();
    const { status, stdout } = await given.ebb(...ROTATE, '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('workers: 3 nodes would be replaced, detached, so that a replacement is Ready first');
    expect(given.rehearsal.kubernetes.requests.entries.filter(({ verb }) => verb === 'patch')).toEqual([]);
  });

  test('ends with 1 when AWS or the cluster does not let it begin, and says what to do', async () => {
    await using given = await OwnMachine.start({ nodes: 1, groupTags: {} });
    const { status, stderr } = await given.ebb(...ROTATE);
    expect(status).toBe(1);
    expect(stderr).toContain('no Auto Scaling group in eu-central-1 is named');
    const away = await given.ebb(...ROTATE, '--context', 'nowhere');
    expect(away.status).toBe(1);
    expect(away.stderr).toContain('the kubeconfig has no context nowhere');
  });

  test('finishes the nodes in hand after Ctrl-C, and says how to go on when it comes again', async () => {
    await using given = await OwnMachine.start({ nodes: 2 });
    const { child, ended } = given.spawn(...ROTATE, '--groups', GROUP);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.includes('detached from its group')) child.kill('SIGINT');
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('Nothing new is begun')) child.kill('SIGINT');
    });
    const { status, stderr } = await ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/Nothing new is begun\. Finishing ip-[-\w.]+\. Ctrl-C again ends at once/);
    expect(stderr).toMatch(/Left in the middle, isolated: ip-[-\w.]+\.\nThis finishes them and goes on:/);
    const [, command = ''] =
      /^ {2}ebb (rotate --local --cluster production --groups workers --since \S+)$/m.exec(stderr) ?? [];
    const before = given.rehearsal.instances;
    expect(await given.ebb(...command.split(' '))).toMatchObject({ status: 0 });
    const { nodes } = given.rehearsal;
    const marked = nodes.filter((name) => RETIRING_LABEL in (given.rehearsal.node(name).metadata.labels ?? {}));
    expect([nodes.length, marked]).toEqual([2, []]);
    expect(given.rehearsal.instances).not.toEqual(before);
  });
});

describe('ebb retire --local', () => {
  test('replaces the node first, drains it and terminates it with --detach and --terminate', async () => {
    await using given = await OwnMachine.start();
    const { instance, node } = given.rehearsal.first;
    given.rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
    await given.rehearsal.ready();
    const { status, stdout } = await given.ebb(...RETIRE, '--node', node, '--detach', '--terminate');
    expect(stdout).toContain('its replacement is Ready');
    expect(stdout).toContain(`${instance}: drained`);
    expect(status).toBe(0);
    expect(given.rehearsal.aws.instances.get(instance).state).toBe('terminated');
  });

  test('takes the names of mattermost/rotator', async () => {
    await using given = await OwnMachine.start({ nodes: 2 });
    const { instance, node } = given.rehearsal.first;
    const line =
      '--detach-node --terminate-node=false --max-drain-retries 5 --evict-grace-period 30 --wait-between-pod-evictions 1';
    const { status } = await given.ebb(...RETIRE, '--node', node, ...line.split(' '));
    expect(status).toBe(0);
    expect(given.rehearsal.aws.instances.get(instance).state).toBe('running');
    expect(given.rehearsal.aws.autoScaling.findMember(instance)).toBeUndefined();
  });
});
