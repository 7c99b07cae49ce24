/**
 * Bundles functions: tree-shaken, with the SDK inside, and parts that are loaded on demand as files of their own.
 * NodejsFunction cannot do that, so esbuild is called here. The rules and their gains: platform 3.
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

/** Environment variable: all bundles have just been checked. Child processes inherit it. */
const ALL_MADE = 'EBB_BUNDLES_MADE';

/**
 * Returns a function's bundle, and makes it if it is missing or its sources have changed. All functions whose bundle is
 * missing are bundled, side by side.
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
 * Makes every missing bundle in this process, without blocking it. Afterwards this process and its children make none
 * again.
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

/** Returns the functions whose bundle is missing, or was made from other sources. */
function missingBundles(): string[] {
  if (process.env[ALL_MADE] !== undefined) return [];
  return FUNCTIONS.filter((name) => {
    const stamp = stampFileOf(name);
    return !holds(PROJECT, existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined);
  });
}

/** Returns the files that are loaded at start: the entry and its static imports, direct and indirect. */
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

/** @param files of the outputs @default all of them */
export function bytesOf({ outputs }: Metafile, files: Iterable<string> = Object.keys(outputs)): number {
  return [...files].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
}
