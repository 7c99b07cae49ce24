/** Options of `ebb rotate` and `ebb retire`: the fields that they set, and every fault of a line at once. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../../infra/cli/command-line.ts';
import { readRetirementOptions, readRotationOptions } from '../../../infra/cli/read-rotation-options.ts';
import { addRetirementOptions, addRotationOptions } from '../../../infra/cli/rotation-options.ts';

function parsed(add: (command: Command) => Command, line: string): Record<string, unknown> {
  const command = add(new Command().exitOverride());
  return command.parse(line.split(' ').filter(Boolean), { from: 'user' }).opts();
}

describe('the options of a rotation', () => {
  test.each([
    ['--cluster a --groups b,c --only drifted', { cluster: 'a', groups: ['b', 'c'], only: 'drifted' }],
    ['--max-surge 2', { maxSurge: 2 }],
    ['--max-scaling 2', { maxSurge: 2 }],
    ['--rotate-control-plane', { rotateControlPlane: true }],
    ['--rotate-masters', { rotateControlPlane: true, rotateWorkers: false }],
    ['--rotate-masters --rotate-workers', { rotateControlPlane: true, rotateWorkers: true }],
    ['--rotate-masters=false --rotate-workers=true', { rotateControlPlane: false, rotateWorkers: true }],
    ['--no-rotate-workers', { rotateWorkers: false }],
    ['--max-drain-retries 3 --grace-period 30', { maxDrainRetries: 3, gracePeriod: 30 }],
    ['--evict-grace-period 30', { gracePeriod: 30 }],
    ['--pause-between-batches 1 --pause-between-drains 2', { pauseBetweenBatches: 1, pauseBetweenDrains: 2 }],
    ['--wait-between-rotations 1 --wait-between-drains 2', { pauseBetweenBatches: 1, pauseBetweenDrains: 2 }],
    ['--wait-between-pod-evictions 3', { pauseBetweenEvictions: 3 }],
    // As rotator's README and its own help write them.
    [
      '--cluster shop --rotate-workers --rotate-masters --wait-between-rotations 30 --wait-between-drains 60 --max-scaling 4 --evict-grace-period 30 --wait-between-pod-evictions 2',
      {
        cluster: 'shop',
        rotateWorkers: true,
        rotateControlPlane: true,
        pauseBetweenBatches: 30,
        pauseBetweenDrains: 60,
        maxSurge: 4,
        gracePeriod: 30,
        pauseBetweenEvictions: 2,
      },
    ],
    [
      '--cluster shop --rotate-workers --max-drain-retries 10',
      { cluster: 'shop', rotateWorkers: true, maxDrainRetries: 10 },
    ],
    ['--pods-ready-timeout 0 --alarm-names a,b', { podsReadyTimeout: 0, alarmNames: ['a', 'b'] }],
    ['--max-failures 2 --force --dry-run', { maxFailures: 2, force: true, dryRun: true }],
  ])('%s', (line, input) => {
    expect(readRotationOptions(parsed(addRotationOptions, line))).toEqual({ input, faults: [] });
  });

  test.each([
    ['--max-surge 2 --max-scaling 3', '--max-surge and --max-scaling are the same, and contradict each other'],
    ['--rotate-control-plane --rotate-masters=false', '--rotate-control-plane and --rotate-masters are the same'],
  ])('%s contradict each other', (line, words) => {
    expect(readRotationOptions(parsed(addRotationOptions, line)).faults).toEqual([expect.stringContaining(words)]);
  });
});

test.each([
  ['--node a --detach --terminate', { node: 'a', detach: true, terminate: true }],
  ['--node a --detach-node --terminate-node=false', { node: 'a', detach: true, terminate: false }],
  [
    '--node a --evict-grace-period 60 --wait-between-pod-evictions 2 --max-drain-retries 10',
    { node: 'a', gracePeriod: 60, pauseBetweenEvictions: 2, maxDrainRetries: 10 },
  ],
  ['--instance i-1 --wait-between-pod-evictions 2', { instance: 'i-1', pauseBetweenEvictions: 2 }],
])('the options of a retirement: %s', (line, input) => {
  expect(readRetirementOptions(parsed(addRetirementOptions, line))).toEqual({ input, faults: [] });
});

describe('wrong usage', () => {
  test.each([
    ['rotate --cluster a', ['--function is missing: the name of the operator', 'or --local, to run here']],
    ['rotate --function f --local --cluster a', ['--function and --local contradict each other']],
    [
      'rotate --cluster a --since now --kubeconfig k',
      ['--function is missing', '--since is for --local alone', '--kubeconfig is for --local alone'],
    ],
    ['rotate --local --cluster a --follow', ['--follow is for --function']],
    ['rotate --function f --max-surge 0', ['--cluster must be the name', '--max-surge must be a number of nodes']],
    ['retire --function f --detach', ['--node: missing']],
    ['status --function f', ['name a rotation, or a node with --node']],
    ['status r1', ['--function is missing: the name of the operator']],
    ['status r1 --node a --function f', ['a rotation and --node are both there']],
    ['status --node a --follow --function f', ['--follow is for a rotation']],
    ['stop r1', ['--function is missing']],
    [
      'rotate --local --max-scaling 0 --only some --since soon --max-failures none',
      [
        '--cluster must be the name',
        '--max-scaling must be a number of nodes from 1 to 20',
        '--only must be "drifted" or "all"',
        '--since must be a time',
        '--max-failures must be a number of nodes from 1 on',
      ],
    ],
    ['rotate --local --cluster a --no-rotate-workers', ['--rotate-control-plane, --rotate-workers: both are false']],
    ['retire --local', ['--cluster must be the name', '--node: missing: send the name of a node, or instance']],
  ])('%s names every fault, and does nothing', async (line, words) => {
    const told: string[] = [];
    const program = commandLine();
    for (const command of program.commands) command.configureOutput({ writeErr: (part) => told.push(part) });
    await expect(program.parseAsync(line.split(' '), { from: 'user' })).rejects.toMatchObject({ exitCode: 1 });
    for (const word of words) expect(told.join('')).toContain(word);
  });
});
