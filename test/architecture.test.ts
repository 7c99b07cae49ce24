/** The arrows between the rooms, and the names of files and folders. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '..');

type Allowance = 'core' | 'workflow' | 'adapters' | 'entry' | 'entry point' | 'infra' | 'test';

/** Which rooms a room may import values from; its own is always allowed. */
const ARROWS: Record<Exclude<Allowance, 'test'>, readonly Allowance[]> = {
  core: [],
  workflow: ['core'],
  adapters: ['core'],
  entry: ['core', 'workflow', 'adapters'],
  'entry point': ['core', 'workflow', 'adapters', 'entry'],
  infra: ['core', 'workflow', 'adapters', 'entry'],
};

/** Types only: adapters provide the ports, which stand with the workflows that use them. */
const TYPE_ARROWS: Partial<Record<Allowance, readonly Allowance[]>> = { adapters: ['workflow'] };

const GRAB_BAGS = /^(utils?|helpers?|commons?|shared|types?|misc|lib)(\.|$)/;

const FILES = ['lambdas', 'infra', 'test'].flatMap((folder) => sourcesBelow(join(PROJECT, folder)));

describe('imports', () => {
  test('follow the arrows of the design', () => {
    const wrong = FILES.flatMap((file) =>
      importsOf(file)
        .filter(({ target, typeOnly }) => !isAllowed(allowanceOf(file), allowanceOf(target), typeOnly))
        .map(({ target }) => `${nameOf(file)} imports ${nameOf(target)}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of an arrow that is not there would be found', () => {
    expect(isAllowed('core', 'adapters', false)).toBe(false);
    expect(isAllowed('adapters', 'workflow', false)).toBe(false);
    expect(isAllowed('adapters', 'workflow', true)).toBe(true);
    expect(isAllowed('entry', 'infra', true)).toBe(false);
  });

  test('of the core reach no SDK, no environment and no clock', () => {
    const core = FILES.filter((file) => allowanceOf(file) === 'core');
    const packages = core.flatMap((file) => packagesOf(file));
    expect([...new Set(packages)].toSorted()).toEqual(['croner', 'node:crypto', 'zod/mini']);
    const impure = core.filter((file) =>
      /\b(process\.|Date\.now|new Date\(\)|Math\.random|setTimeout)/.test(readFileSync(file, 'utf8')),
    );
    expect(impure.map(nameOf)).toEqual([]);
  });
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

function isAllowed(from: Allowance, to: Allowance, typeOnly: boolean): boolean {
  if (from === to || from === 'test') return true;
  return ARROWS[from].includes(to) || (typeOnly && (TYPE_ARROWS[from]?.includes(to) ?? false));
}

function allowanceOf(file: string): Allowance {
  const [top, second = ''] = nameOf(file).split('/');
  if (top === 'infra') return 'infra';
  if (top === 'test') return 'test';
  if (top !== 'lambdas') throw new Error(`${nameOf(file)} is in no room`);
  switch (second) {
    case 'core':
    case 'workflow':
    case 'adapters':
    case 'entry':
      return second;
    default:
      return 'entry point';
  }
}

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  return specifiersOf(file)
    .filter(({ specifier }) => specifier.startsWith('.') && specifier.endsWith('.ts'))
    .map(({ specifier, typeOnly }) => ({ target: resolve(dirname(file), specifier), typeOnly }));
}

function packagesOf(file: string): string[] {
  return specifiersOf(file).flatMap(({ specifier }) => (specifier.startsWith('.') ? [] : [specifier]));
}

function specifiersOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      const typeOnly = ts.isImportDeclaration(node) ? isTypeOnly(node) : node.isTypeOnly;
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier))
        found.push({ specifier: moduleSpecifier.text, typeOnly });
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { namedBindings } = importClause;
  return (
    importClause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function nameOf(file: string): string {
  return relative(PROJECT, file).replaceAll('\\', '/');
}
