/**
 * Bundling one function: tree-shaken, the SDK inside, parts that are loaded on demand as files of their own (which
 * NodejsFunction cannot do, so esbuild is called here). The rules and what each is worth: platform 3.
 */
import type { Metafile } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface FunctionBundle {
  /** The folder that holds `index.mjs` and what it imports. */
  readonly directory: string;
  readonly metafile: Metafile;
}

/** The entry points, by name. */
export const FUNCTIONS: readonly string[] = readdirSync(join(PROJECT, 'lambdas'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted();

/** By entry point: a process makes each once. */
const made = new Map<string, FunctionBundle>();

/** Set where every bundle has just been made, for the processes that are started from there. */
const ALL_MADE = 'EBB_BUNDLES_MADE';

/** @param name of the entry point, `lambdas/<name>.ts` */
export function bundleFunction(name: string): FunctionBundle {
  const known = made.get(name);
  if (known !== undefined) return known;
  if (process.env[ALL_MADE] === undefined) makeBundle(name);
  const metafile = JSON.parse(readFileSync(metafileOf(name), 'utf8')) as Metafile;
  const bundle = { directory: directoryOf(name), metafile };
  made.set(name, bundle);
  return bundle;
}

/** Makes every bundle; this process, and those that it starts from now on, make none again. */
export function bundleAll(): void {
  for (const name of FUNCTIONS) makeBundle(name);
  process.env[ALL_MADE] = 'yes';
}

export function directoryOf(name: string): string {
  return join(PROJECT, 'dist', name);
}

export function metafileOf(name: string): string {
  return `${directoryOf(name)}.json`;
}

function makeBundle(name: string): void {
  const maker = join(PROJECT, 'infra', 'bundling', 'make-bundle.ts');
  execFileSync(process.execPath, [maker, name], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Files that are loaded at start: the entry, what it imports and what that imports; not what a call imports later. */
export function loadedAtStart({ outputs }: Metafile): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next);
  };
  visit(Object.keys(outputs).find((path) => path.endsWith('/index.mjs')) ?? '');
  return seen;
}

/** @param files of the outputs; absent: all of them */
export function bytesOf({ outputs }: Metafile, files: Iterable<string> = Object.keys(outputs)): number {
  return [...files].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
}
