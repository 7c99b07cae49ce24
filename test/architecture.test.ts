/** The arrows between the rooms, and their names (ARCHITECTURE.md). `npm run -s arrows` holds the project against them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { cruise, type IConfiguration } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '..');

const RULES = JSON.parse(readFileSync(join(PROJECT, '.dependency-cruiser.json'), 'utf8')) as Required<
  Pick<IConfiguration, 'forbidden' | 'options'>
>;

const GRAB_BAGS = /^(utils?|helpers?|commons?|shared|types?|misc|lib)(\.|$)/;

const FILES = ['lambdas', 'infra', 'test'].flatMap((folder) => sourcesBelow(join(PROJECT, folder)));

describe('the arrows of .dependency-cruiser.json', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ebb-arrows-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['core-is-pure', 'lambdas/core/plan.ts', "import { send } from '../adapters/send.ts';"],
    ['core-is-pure', 'lambdas/core/plan.ts', "import { readFileSync } from 'node:fs';"],
    ['workflow-knows-the-core-alone', 'lambdas/workflow/run.ts', "import { send } from '../adapters/send.ts';"],
    ['adapters-provide-ports', 'lambdas/adapters/send.ts', "import { run } from '../workflow/run.ts';"],
    ['entry-is-below-entry-points', 'lambdas/entry/journal.ts', "import type { Stack } from '../../infra/stack.ts';"],
    ['infra-imports-names-not-functions', 'infra/stack.ts', "import { handler } from '../lambdas/router.ts';"],
    ['no-circles', 'lambdas/core/one.ts', "import type { Other } from './other.ts';"],
  ])('forbid, by %s, that %s says: %s', async (rule, file, line) => {
    expect(await brokenRules(folder, { [file]: `${line}\nexport type One = 1;\n` })).toContain(rule);
  });

  test('let adapters import the types of ports', async () => {
    const file = 'lambdas/adapters/send.ts';
    expect(await brokenRules(folder, { [file]: "import type { Run } from '../workflow/run.ts';\n" })).toEqual([]);
  });
});

test('the core reaches no environment and no clock', () => {
  const core = FILES.filter((file) => nameOf(file).startsWith('lambdas/core/'));
  const impure = core.filter((file) =>
    /\b(process\.|Date\.now|new Date\(\)|Math\.random|setTimeout)/.test(readFileSync(file, 'utf8')),
  );
  expect(impure.map(nameOf)).toEqual([]);
});

describe('names', () => {
  test('of files and folders are ideas, not grab-bags', () => {
    const parts = FILES.flatMap((file) => nameOf(file).split('/'));
    expect(parts.filter((part) => GRAB_BAGS.test(part))).toEqual([]);
  });

  test('of files are kebab-case', () => {
    const odd = FILES.map((file) => basename(file)).filter(
      (name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(name),
    );
    expect(odd).toEqual([]);
  });

  test('in what is shipped tell nothing of peers, demo or tests', () => {
    const telling = FILES.filter((file) => nameOf(file).startsWith('lambdas/')).filter((file) =>
      /\b(peers?|demos?|(?<!\.)tests?|vitest|moto)\b/i.test(withoutTestNotification(readFileSync(file, 'utf8'))),
    );
    expect(telling.map(nameOf)).toEqual([]);
  });

  test('at the top level are the ones that the design fixes', () => {
    const folders = readdirSync(PROJECT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .filter((name) => !['node_modules', 'cdk.out', 'dist'].includes(name));
    expect(folders.toSorted()).toEqual(['events', 'infra', 'lambdas', 'test']);
  });
});

/** Auto Scaling's own name for one of its events. */
function withoutTestNotification(text: string): string {
  return text.replaceAll(/test notification/g, '');
}

/** What the files of a small project may import. */
const PROJECT_FILES: Readonly<Record<string, string>> = {
  'lambdas/adapters/send.ts': 'export const send = 1;\n',
  'lambdas/workflow/run.ts': 'export const run = 1;\nexport type Run = 1;\n',
  'lambdas/router.ts': 'export const handler = 1;\n',
  'lambdas/core/other.ts': "import type { One } from './one.ts';\nexport type Other = One;\n",
  'lambdas/core/one.ts': 'export type One = 1;\n',
  'infra/stack.ts': 'export type Stack = 1;\n',
};

/** Which rules a project breaks that has these files beside the others. */
async function brokenRules(folder: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries({ ...PROJECT_FILES, ...files })) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { forbidden, options } = RULES;
  const { output } = await cruise(['lambdas', 'infra'], {
    ...options,
    tsConfig: {},
    ruleSet: { forbidden },
    validate: true,
    baseDir: folder,
  });
  return typeof output === 'string' ? [] : output.summary.violations.map(({ rule }) => rule.name);
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function nameOf(file: string): string {
  return relative(PROJECT, file).replaceAll('\\', '/');
}
