/**
 * The papers of the repository: what comments, titles and markdown files refer to exists, and a test cites each rule of
 * the contract that is not planned.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';
import {
  anchorsOf,
  citationsIn,
  faultsOf,
  fileOfLabel,
  linksIn,
  pathsInCodeSpans,
  pathsInComments,
  platformFactsOf,
  rulesOf,
  type Paper,
} from './citations.ts';

const PROJECT = resolve(import.meta.dirname, '..');
const FAULT_TABLE = 'test/faults/README.md';

/** Folders without anything of ours; recorded answers of a real server are not ours to change. */
const SKIPPED = new Set(['.git', 'cdk.out', 'dist', 'node_modules', 'coverage', 'recorded']);

/** This test and its parser name citations that do not exist. */
const OWN = new Set(['test/papers.test.ts', 'test/citations.ts']);

const FILES = filesBelow('.').filter((path) => !OWN.has(path));
const SOURCES = FILES.filter((path) => /\.(ts|js)$/.test(path));
const PAPERS = FILES.filter((path) => path.endsWith('.md'));
const TESTS = SOURCES.filter((path) => path.endsWith('.test.ts'));

const CONTRACT = rulesOf(textOf('CONTRACT.md'));

const KNOWN: Record<Paper, ReadonlySet<string>> = {
  contract: new Set(CONTRACT.map(({ number }) => number)),
  faults: new Set(faultsOf(textOf(FAULT_TABLE))),
  platform: new Set(platformFactsOf(textOf('ARCHITECTURE.md'))),
};

describe('a citation', () => {
  test.each<[Paper, string]>([
    ['contract', 'CONTRACT.md'],
    ['faults', FAULT_TABLE],
    ['platform', 'ARCHITECTURE.md'],
  ])('of %s names what stands in %s', (paper) => {
    const wrong = [...SOURCES, ...PAPERS].flatMap((path) =>
      citationsIn(textOf(path))
        .filter((citation) => citation.paper === paper && !KNOWN[paper].has(citation.number))
        .map(({ number }) => `${path} cites ${paper} ${number}`),
    );
    expect([...new Set(wrong)]).toEqual([]);
  });

  test('of a path, in a comment or in a code span of a markdown file, names what is there', () => {
    const cited = [
      ...SOURCES.map((path) => ({ path, names: pathsInComments(textOf(path)) })),
      // The changelog tells of the past.
      ...PAPERS.filter((path) => path !== 'CHANGELOG.md').map((path) => ({
        path,
        names: pathsInCodeSpans(textOf(path)),
      })),
    ];
    const wrong = cited.flatMap(({ path, names }) =>
      names
        .filter((name) => ![name, join(dirname(path), name), join('lambdas', name)].some(exists))
        .map((name) => `${path} names ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of a link in a markdown file leads to a file, and to a heading of it', () => {
    const wrong = PAPERS.flatMap((path) =>
      linksIn(textOf(path))
        .filter((link) => {
          const target = link.file === '' ? path : join(dirname(path), decodeURIComponent(link.file));
          if (!exists(target)) return true;
          return link.anchor !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).has(link.anchor);
        })
        .map(({ file, anchor }) => `${path} links to ${file}${anchor === undefined ? '' : `#${anchor}`}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of a file, at the end of a link’s label, is the end of the link’s target', () => {
    const wrong = PAPERS.flatMap((path) =>
      linksIn(textOf(path)).flatMap(({ file, label = '' }) => {
        const target = file === '' ? path : join(dirname(path), decodeURIComponent(file));
        const named = fileOfLabel(label);
        return named === undefined || `/${target}`.endsWith(`/${named}`) ? [] : [`${path} calls ${target} ${named}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the contract', () => {
  test('has each rule once', () => {
    const numbers = CONTRACT.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)]);
    expect(numbers.length).toBeGreaterThan(70);
  });

  test('has no rule, but for planned ones, that no test cites', () => {
    const cited = new Set(TESTS.flatMap((path) => numbersCitedIn(path, 'contract')));
    const rules = CONTRACT.filter(({ number, planned }) => !planned && !hasRulesOfItsOwn(number));
    expect(rules.map(({ number }) => number).filter((number) => !cited.has(number))).toEqual([]);
  });
});

describe('the fault table', () => {
  test('has the promises P1–P6 and the rows 1–78', () => {
    const rows = Array.from({ length: 78 }, (_, index) => String(index + 1));
    expect([...KNOWN.faults]).toEqual([...['P1', 'P2', 'P3', 'P4', 'P5', 'P6'], ...rows]);
  });

  /** `npx vitest run --project unit test/papers.test.ts -u` writes the links anew. */
  test('links each row to the tests that name it', async () => {
    const citing = TESTS.map((path) => ({ path, numbers: new Set(numbersCitedIn(path, 'faults')) }));
    const relinked = textOf(FAULT_TABLE).replaceAll(
      /^(\| \*\*(P?\d+)\*\*.*\| )([^|]*)\|$/gm,
      (_, row: string, number: string, cell: string) => {
        const tests = citing.filter(({ numbers }) => numbers.has(number)).map(({ path }) => path);
        return `${row}${testsCell(tests, cell)} |`;
      },
    );
    const options = await resolveConfig(join(PROJECT, FAULT_TABLE));
    const formatted = await format(relinked, { ...options, parser: 'markdown' });
    await expect(formatted).toMatchFileSnapshot(join(PROJECT, FAULT_TABLE));
  });
});

describe('what is looked for', () => {
  test.each([
    ['// contract 4.3', ['contract 4.3']],
    ['(contract 9.3, 9.4)', ['contract 9.3', 'contract 9.4']],
    ['(contract 4.3–4.5, faults 30)', ['contract 4.3', 'contract 4.4', 'contract 4.5', 'faults 30']],
    ['Contract 4 and 5', ['contract 4', 'contract 5']],
    ['(faults 60–62, P5)', ['faults 60', 'faults 61', 'faults 62', 'faults P5']],
    ['(faults P1–P3)', ['faults P1', 'faults P2', 'faults P3']],
    ['/**\n * breaks (faults\n * 7) and contract\n   * 5.1. */', ['faults 7', 'contract 5.1']],
    ['(platform 2.4, 6; platform T1)', ['platform 2.4', 'platform 6', 'platform T1']],
    ['contract 4.3–5.1', ['contract 4.3–5.1']],
    ['faults, 3 of them; a contract', []],
  ])('in %j are %j', (text, expected) => {
    expect(citationsIn(text).map(({ paper, number }) => `${paper} ${number}`)).toEqual(expected);
  });

  test.each([
    ['contract 99.1', 'contract'],
    ['contract 4.99', 'contract'],
    ['contract 4.3–4.99', 'contract'],
    ['faults 79', 'faults'],
    ['faults P7', 'faults'],
    ['platform 99.9', 'platform'],
  ] as const)('would find %s, which does not exist', (text, paper) => {
    expect(citationsIn(text).filter(({ number }) => !KNOWN[paper].has(number))).not.toEqual([]);
  });

  test.each([
    ['/** See test/bench and (lambdas/core/drain/wave.ts). */', ['test/bench', 'lambdas/core/drain/wave.ts']],
    [' * as README.md says,\n * and notes/map.md', ['README.md', 'notes/map.md']],
    ['// https://example.com/test/x and lambdas/*.ts', []],
    ["const path = 'test/none.ts';", []],
  ])('in %j are the paths %j', (source, expected) => {
    expect(pathsInComments(source)).toEqual(expected);
  });

  test('are the links of a markdown file, without those to other places and in code', () => {
    const markdown =
      '[a](b.md#c-d) [x](#top) [y](https://example.com) `[z](no.md)`\n\n```\n[q](no.md)\n```\n\n[r]: r.md\n';
    expect(linksIn(markdown)).toEqual([
      { file: 'b.md', anchor: 'c-d', label: 'a' },
      { file: '', anchor: 'top', label: 'x' },
      { file: 'r.md' },
    ]);
    expect([...anchorsOf('# A, b\n## 4.3 `C` (planned)\n# A, b\n')]).toEqual(['a-b', '43-c-planned', 'a-b-1']);
  });

  test('are the labels of links, in a code span too', () => {
    expect(linksIn('see [`core/a.ts`](lambdas/core/a.ts)').map(({ label }) => label)).toEqual(['core/a.ts']);
  });

  test.each([
    ['core/drain/wave.ts', 'core/drain/wave.ts'],
    ['../README.md', 'README.md'],
    ['the file wave.ts', 'wave.ts'],
    ['core/drain/', undefined],
    ['retirement.property', undefined],
    ['Keep a Changelog', undefined],
  ])('of the label %j is the file %j', (label, file) => {
    expect(fileOfLabel(label)).toBe(file);
  });
});

function numbersCitedIn(path: string, paper: Paper): string[] {
  return citationsIn(textOf(path)).flatMap((citation) => (citation.paper === paper ? [citation.number] : []));
}

/** A chapter with rules is cited by its rules. */
function hasRulesOfItsOwn(number: string): boolean {
  return CONTRACT.some((rule) => rule.number.startsWith(`${number}.`));
}

/** @param cell what stands there: a row stays planned until a test names it */
function testsCell(tests: readonly string[], cell: string): string {
  if (tests.length === 0) return cell.includes('(planned') ? cell.trim() : '**not yet tested**';
  return tests.map((path) => `[${shortName(path, tests)}](${relative(dirname(FAULT_TABLE), path)})`).join(', ');
}

/** The file's name, with its folder where another test of the row has the same. */
function shortName(path: string, tests: readonly string[]): string {
  const name = basename(path, '.test.ts');
  const isAlone = tests.every((other) => other === path || basename(other) !== basename(path));
  return isAlone ? name : `${basename(dirname(path))}/${name}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
    })
    .toSorted();
}

function exists(path: string): boolean {
  return existsSync(join(PROJECT, path));
}

/** Empty when there is no such file: then nothing of it can be cited. */
function textOf(path: string): string {
  return exists(path) ? readFileSync(join(PROJECT, path), 'utf8') : '';
}
