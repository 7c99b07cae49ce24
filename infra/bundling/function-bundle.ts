/**
 * Bundling one function: tree-shaken, the SDK inside, parts that are loaded on demand as files of their own (which
 * NodejsFunction cannot do, so esbuild is called here). The rules and what each is worth: platform 3.
 */
import type { Metafile } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryOf, metafileOf, PROJECT, stampFileOf } from './bundle-paths.ts';
import { holds } from './bundle-stamp.ts';

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

/** Bundles that this process has read, by entry point. */
const read = new Map<string, FunctionBundle>();

/** Set where every bundle has just been checked, for the processes that are started from there. */
const ALL_MADE = 'EBB_BUNDLES_MADE';

/**
 * Returns a function's bundle, made if it is not there as its sources are now. What is missing is made for every function,
 * side by side.
 *
 * @param name of the entry point, `lambdas/<name>.ts`
 */
export function bundleFunction(name: string): FunctionBundle {
  const known = read.get(name);
  if (known !== undefined) return known;
  const missing = missingBundles();
  if (missing.length > 0) {
    const maker = join(PROJECT, 'infra', 'bundling', 'make-bundles.ts');
    execFileSync(process.execPath, [maker, ...missing], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  process.env[ALL_MADE] = 'yes';
  const metafile = JSON.parse(readFileSync(metafileOf(name), 'utf8')) as Metafile;
  const bundle = { directory: directoryOf(name), metafile };
  read.set(name, bundle);
  return bundle;
}

/**
 * Makes every bundle that is missing, in this process, which goes on meanwhile. Afterwards this process, and those that
 * it starts, make none again.
 *
 * @param making called with the names when there is something to make
 */
export async function bundleAll(making: (names: readonly string[]) => void = () => undefined): Promise<void> {
  const missing = missingBundles();
  if (missing.length > 0) {
    making(missing);
    // Loaded on demand: esbuild is not needed where all bundles are there.
    const { makeBundle } = await import('./make-bundle.ts');
    await Promise.all(missing.map(makeBundle));
  }
  process.env[ALL_MADE] = 'yes';
}

/** Functions whose bundle is not there, or was made from other sources. */
function missingBundles(): string[] {
  if (process.env[ALL_MADE] !== undefined) return [];
  return FUNCTIONS.filter((name) => {
    const stamp = stampFileOf(name);
    return !holds(PROJECT, existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined);
  });
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
