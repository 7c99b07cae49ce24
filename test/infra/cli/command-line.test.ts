/** The command line `ebb`: its help, its errors, its exit statuses, and that it answers without loading what it does not need. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../../../infra/cli/command-line.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

const { version, scripts } = JSON.parse(readFileSync(resolve(PROJECT, 'package.json'), 'utf8')) as {
  version: string;
  scripts: Readonly<Record<string, string>>;
};

/** Names every package that is loaded, on standard error. */
const TELL_PACKAGES = `
  import { registerHooks } from 'node:module';
  registerHooks({ resolve(specifier, context, next) {
    const found = next(specifier, context);
    const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url) ?? [];
    if (name !== undefined) console.error('loaded ' + name);
    return found;
  } });
`;

const COMMANDS = commandLine().commands;

describe('help', () => {
  test.each(COMMANDS.map((command) => [command.name(), command] as const))(
    'of %s tells its purpose, options, examples and exit statuses, in 80 columns',
    async (name, command) => {
      const stdout = await helpOf(name);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(command.description());
      for (const { flags } of command.options) expect(stdout).toContain(flags);
      expect(stdout).toMatch(new RegExp(`Examples:\n  ebb ${name}`));
      expect(stdout).toMatch(/Exit status:\n {2}0 {2}done\n {2}1 .*\n {2}2 {2}wrong usage/);
      expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    },
  );

  test('lists every command, and the npm scripts that are none', async () => {
    const { status, stdout } = await ebb('--help');
    expect(status).toBe(0);
    for (const name of COMMANDS.map((command) => command.name())) expect(stdout).toContain(`\n  ${name} `);
    for (const name of ['demo', 'bench', 'scan-bench', 'cost', 'explore']) {
      expect(stdout).toMatch(new RegExp(`npm run (-s )?${name} `));
      expect(scripts).toHaveProperty(name);
    }
  });

  test('tells of --json at every command that prints a result', () => {
    const without = COMMANDS.filter((command) => !command.options.some(({ long }) => long === '--json'));
    expect(without.map((command) => command.name())).toEqual(['completion']);
  });
});

test('every command but completion is an npm script too', () => {
  const short = COMMANDS.map((command) => command.name()).filter((name) => name !== 'completion');
  for (const name of short) expect(scripts[name]).toBe(`node infra/cli/ebb.js ${name}`);
});

test.each<[arguments: string, status: number, stdout: string, stderr: readonly string[]]>([
  ['--version', 0, `${version}\n`, []],
  ['cluster-role nowhere.json', 1, '', ['nowhere.json cannot be read']],
  ['cluster-role --service-account ebb', 2, '', ['It must be NAMESPACE/NAME, such as kube-system/ebb.']],
  ['', 2, '', ['Usage: ebb [options] [command]']],
  ['drfit', 2, '', ["error: unknown command 'drfit'", '(Did you mean drift?)', 'See ebb --help.']],
  ['--jsno', 2, '', ["error: unknown option '--jsno'", 'See ebb --help.']],
  ['drift', 2, '', ['error: --function is missing', 'output DriftFunction of the stack', 'See ebb drift --help.']],
  ['sweep --function=', 2, '', ['error: --function is missing', 'output SweepFunction', 'See ebb sweep --help.']],
  ['drift --fuction a', 2, '', ["error: unknown option '--fuction'", '(Did you mean --function?)']],
  ['sweep --function a --node b', 2, '', ["error: unknown option '--node'", 'See ebb sweep --help.']],
  ['retirements --function', 2, '', ["error: option '--function <NAME>' argument missing"]],
  ['cluster-role a b', 2, '', ['error: too many arguments', 'See ebb cluster-role --help.']],
  ['completion', 2, '', ["error: missing required argument 'SHELL'", 'See ebb completion --help.']],
  ['completion tcsh', 2, '', ['Allowed choices are bash, zsh, fish.']],
])('ebb %s ends with %i', async (line, expected, printed, words) => {
  const { status, stdout, stderr } = await ebb(...line.split(' ').filter((word) => word !== ''));
  expect([status, stdout]).toEqual([expected, printed]);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(/^\s+at /m);
  if (line.startsWith('drift')) expect(stderr.indexOf('error: ')).toBe(0);
});

test.each([
  ['drift', 'drift', 'See npm run -s drift -- --help.'],
  ['npx', 'drift', 'See npx ebb drift --help.'],
  ['npx', 'drfit', 'See npx ebb --help.'],
])('a hint names what its user can type: started as %s, of %s', async (by, command, hint) => {
  const { stderr } = await ebbWith({ npm_lifecycle_event: by }, command);
  expect(stderr).toContain(hint);
});

test.each(['--help', 'drift'])('ebb %s loads no package but commander', async (line) => {
  const hook = `--import=data:text/javascript,${encodeURIComponent(TELL_PACKAGES)}`;
  const { stderr } = await ebbWith({ NODE_OPTIONS: hook }, ...line.split(' '));
  const loaded = stderr.split('\n').filter((text) => text.startsWith('loaded '));
  expect([...new Set(loaded)].filter((text) => text !== 'loaded node')).toEqual(['loaded commander']);
});

test('ebb cluster-role --json prints the manifests as a list that kubectl takes', async () => {
  const { status, stdout } = await ebb('cluster-role', '--json');
  expect(status).toBe(0);
  const list = JSON.parse(stdout) as { kind: string; items: readonly { kind: string }[] };
  expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' });
  expect(list.items.map(({ kind }) => kind)).toContain('ClusterRole');
});

test('ebb configuration-table --check --json tells of each file that it is current', async () => {
  const { status, stdout } = await ebb('configuration-table', '--check', '--json');
  expect(status).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { file: 'infra/configuration/README.md', current: true },
    { file: 'infra/configuration/ebb.schema.json', current: true },
  ]);
});

test('ebb says nothing when the one who reads its output reads no further', () => {
  const pipe = `"${process.execPath}" infra/cli/ebb.js cluster-role | true`;
  const { status, stderr } = spawnSync('sh', ['-c', pipe], { cwd: PROJECT, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

/** What `ebb NAME --help` prints, without a process of its own. */
async function helpOf(name: string): Promise<string> {
  const program = commandLine();
  let text = '';
  for (const command of program.commands) {
    command.configureOutput({ getOutHelpWidth: () => 80, writeOut: (part) => (text += part) });
  }
  await expect(program.parseAsync([name, '--help'], { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
  return text;
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function ebb(...args: readonly string[]): Promise<Ended> {
  return ebbWith({}, ...args);
}

function ebbWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, npm_lifecycle_event: '', ...environment };
  return new Promise((done) => {
    execFile(process.execPath, ['infra/cli/ebb.js', ...args], { cwd: PROJECT, env }, (error, stdout, stderr) => {
      done({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
