/** The launcher: under an older Node, and where packages are missing, it starts the command or says what to do. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../../..');

/** In place of the real one: it tells its Node and its arguments, and ends as they say. */
const COMMAND = `
  const [what = '', ...others]: readonly string[] = process.argv.slice(2);
  process.on('SIGTERM', () => process.exit(7));
  if (what === 'wait') setInterval(() => {}, 1_000);
  console.log([process.features.typescript, what, ...others].join(' '));
  if (what === 'echo') process.stdin.pipe(process.stdout);
  if (what === 'fail') process.exitCode = 3;
  if (what === 'die') process.kill(process.pid, 'SIGKILL');
`;

interface Node {
  readonly path: string;
  readonly options: readonly string[];
}

const OWN: Node = { path: process.execPath, options: [] };

/** One on PATH that is too old, if there is one. Else this one, which says that it is and reads no TypeScript. */
const OLD: Node = oldNodes()[0] ?? {
  path: process.execPath,
  options: [
    '--no-strip-types',
    `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`,
  ],
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-launch-'));
  project('whole', (modules) => {
    mkdirSync(join(modules, 'node/bin'), { recursive: true });
    writeFileSync(join(modules, 'node/package.json'), '{ "name": "node" }');
    symlinkSync(process.execPath, join(modules, 'node/bin/node'));
  });
  project('without scripts', (modules) => {
    mkdirSync(join(modules, 'node'), { recursive: true });
    writeFileSync(join(modules, 'node/package.json'), '{ "name": "node" }');
  });
  project('broken', (modules) => {
    mkdirSync(join(modules, 'node/bin'), { recursive: true });
    writeFileSync(join(modules, 'node/package.json'), '{ "name": "node" }');
    writeFileSync(join(modules, 'node/bin/node'), 'nothing that runs');
  });
  project('bare', () => undefined);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['an older Node', OLD],
  ['the Node that is needed', OWN],
])('under %s', (_which, node) => {
  test('the command has the arguments, the input and the output', () => {
    const { status, stdout, stderr } = launched(node, 'whole', ['echo', '--json', 'two words'], 'from standard input');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe('strip echo --json two words\nfrom standard input');
  });

  test('the exit status is the command’s', () => {
    expect(launched(node, 'whole', ['fail']).status).toBe(3);
  });

  test('the signal that ends the command ends the launcher', () => {
    expect(launched(node, 'whole', ['die']).signal).toBe('SIGKILL');
  });

  test('a signal to the launcher reaches the command', async () => {
    const child = spawn(node.path, [...node.options, 'infra/cli/ebb.js', 'wait'], { cwd: join(folder, 'whole') });
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await new Promise((end) => child.on('exit', end))).toBe(7);
  });

  test('without node_modules one sentence says what to do', () => {
    const where = join(folder, 'bare');
    expect(launched(node, 'bare', ['--help'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `Ebb's packages are not installed. Run npm ci in ${where} first.\n`,
    });
  });
});

describe('under an older Node', () => {
  test.each([
    ['without scripts', /^Ebb needs Node 24, this is Node \S+, and npm .* Run npm rebuild node in \S.* first\.\n$/],
    ['broken', /^Ebb needs Node 24, this is Node \S+, and .*does not start.* Run npm ci in \S.* first\.\n$/],
  ])('packages that are installed %s are told in one sentence', (name, words) => {
    const { status, stdout, stderr } = launched(OLD, name, ['drift']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(words);
  });

  test('the app that cdk.json names is the CDK app, and reads its context', { timeout: 60_000 }, () => {
    const { app } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8')) as { app: string };
    const [program, ...args] = app.split(' ');
    expect(program).toBe('node');
    const { status, stderr } = spawnSync(OLD.path, [...OLD.options, ...args], { cwd: PROJECT, encoding: 'utf8' });
    expect(stderr).toContain('ebb: missing: write it into cdk.json');
    expect(status).toBe(1);
  });
});

function project(name: string, install: (modules: string) => void): void {
  const cli = join(folder, name, 'infra/cli');
  mkdirSync(cli, { recursive: true });
  writeFileSync(join(folder, name, 'package.json'), '{ "type": "module" }');
  for (const file of ['ebb.js', 'launch.js']) copyFileSync(join(PROJECT, 'infra/cli', file), join(cli, file));
  writeFileSync(join(cli, 'ebb.ts'), COMMAND);
  install(join(folder, name, 'node_modules'));
}

function launched({ path, options }: Node, name: string, args: readonly string[], input = '') {
  const cwd = join(folder, name);
  return spawnSync(path, [...options, 'infra/cli/ebb.js', ...args], { cwd, input, encoding: 'utf8', timeout: 30_000 });
}

function oldNodes(): Node[] {
  const paths = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'node'));
  return paths.filter(isOld).map((path) => ({ path, options: [] }));
}

function isOld(path: string): boolean {
  try {
    const major = Number.parseInt(execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10);
    return major >= 20 && major < 24;
  } catch {
    return false;
  }
}
