/** Whether a bundle has to be made again. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changedSince, holds, stampOf } from '../../../infra/bundling/bundle-stamp.ts';

const INPUTS = ['lambdas/entry.ts', 'node_modules/@scope/part/lib/index.js', 'node_modules/part/index.js'];
const MADE = ['dist/entry/index.mjs'];

let project: string;
let stamp: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ebb-stamp-'));
  for (const file of [...INPUTS, ...MADE, 'package-lock.json']) write(file, file);
  write('node_modules/@scope/part/package.json', '1.0.0');
  write('node_modules/part/package.json', '1.0.0');
  stamp = JSON.stringify(stampOf(project, INPUTS, MADE));
});
afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

function write(file: string, content: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), content);
}

test('a stamp holds while nothing changes, though files are written anew', () => {
  write('lambdas/entry.ts', 'lambdas/entry.ts');
  expect(holds(project, stamp)).toBe(true);
});

test.each([
  ['a source', 'lambdas/entry.ts'],
  ['a package', 'node_modules/@scope/part/package.json'],
  ['the lock file', 'package-lock.json'],
  ['what was made', 'dist/entry/index.mjs'],
])('a stamp holds no more when %s changes', (_what, file) => {
  write(file, 'changed');
  expect(holds(project, stamp)).toBe(false);
});

test('a stamp holds no more when what was made is gone', () => {
  rmSync(join(project, 'dist'), { recursive: true });
  expect(holds(project, stamp)).toBe(false);
});

test.each([undefined, '', '{"from":'])('without a stamp that can be read (%j) none holds', (text) => {
  expect(holds(project, text)).toBe(false);
});

test('a source that changed while the bundle was made is found', () => {
  const at = 1_000_000;
  for (const file of INPUTS) utimesSync(join(project, file), at, at);
  expect(changedSince(project, INPUTS, at * 1000)).toBe(false);
  utimesSync(join(project, 'lambdas/entry.ts'), at + 1, at + 1);
  expect(changedSince(project, INPUTS, at * 1000)).toBe(true);
});
