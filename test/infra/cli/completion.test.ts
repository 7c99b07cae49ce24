/** Shell completion: the scripts know every command and option, and bash completes by its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../../infra/cli/command-line.ts';
import { completionScript, SHELLS } from '../../../infra/cli/completion.ts';

const PROGRAM = commandLine();

describe.each(SHELLS)('the script for %s', (shell) => {
  const script = completionScript(shell, PROGRAM);

  test.each(PROGRAM.commands.map((command) => [command.name(), command] as const))(
    'completes %s and its options',
    (name, command) => {
      expect(script).toMatch(new RegExp(`(^|[\\s':])${name}($|[\\s':)])`, 'm'));
      const own = script.split('\n').filter((line) => line.includes(name));
      const after = script
        .slice(script.indexOf(`${name})`))
        .split('\n')
        .slice(0, 5);
      for (const { long } of [...command.options, { long: '--help' }]) {
        const flag = shell === 'fish' ? `-l ${(long ?? '').slice(2)}` : (long ?? '');
        expect([...own, ...(shell === 'fish' ? [] : after)].join('\n')).toContain(flag);
      }
    },
  );

  test.skipIf(spawnSync(shell, ['-c', ':']).error !== undefined)('has no fault of syntax', () => {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('the value of an option that is a file is completed as one', () => {
  expect(completionScript('bash', PROGRAM)).toMatch(/--kubeconfig\|--config\) compopt -o default/);
  expect(completionScript('zsh', PROGRAM)).toMatch(/--kubeconfig\[[^\]]*\]:file:_files/);
  expect(completionScript('fish', PROGRAM)).toMatch(/-l kubeconfig -r -F/);
});

describe.skipIf(spawnSync('bash', ['-c', ':']).error !== undefined)('bash completes', () => {
  test.each<[typed: readonly string[], offered: readonly string[]]>([
    [['dr'], ['drift']],
    [['--v'], ['--version']],
    [
      ['drift', '--'],
      ['--function', '--json', '--help'],
    ],
    [['retirements', '--n'], ['--node']],
    [['retirements', '--node', ''], []],
    [
      ['rotate', '--max-s'],
      ['--max-surge', '--max-scaling'],
    ],
    [['rotate', '--kubeconfig', ''], []],
    [
      ['cluster-role', '--'],
      ['--service-account', '--json', '--help'],
    ],
    [
      ['completion', ''],
      [...SHELLS, '-h', '--help'],
    ],
    [['help', 'sw'], ['sweep']],
  ])('ebb %j', (typed, offered) => {
    const script = `${completionScript('bash', PROGRAM)}
      COMP_WORDS=(ebb "$@"); COMP_CWORD=$#; _ebb; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const stdout = execFileSync('bash', ['-c', script, 'bash', ...typed], { encoding: 'utf8' });
    expect(stdout.split('\n').filter((word) => word !== '')).toEqual(offered);
  });
});
