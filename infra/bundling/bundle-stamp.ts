/**
 * Stamp of a bundle: what it was made from, and what was made. A bundle whose stamp still holds is not made again.
 *
 * - Files of the project count by their content.
 * - Packages count by their package.json, which has the version: there are thousands of files in them.
 * - The output counts too, because two processes may have written the folder at the same time.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface BundleStamp {
  /** Files that decide what the bundle is: sources, package.json files, and those of the bundler's settings. */
  readonly from: readonly string[];
  /** Files that were made. */
  readonly made: readonly string[];
  /** SHA-256 of all of them. */
  readonly digest: string;
}

/** Files that change what comes out, though nothing is read from them into the bundle. */
const SETTINGS = ['infra/bundling/make-bundle.ts', 'infra/bundling/plain-schemas.ts', 'package-lock.json'];

/**
 * @param project folder that all paths are relative to
 * @param inputs that esbuild names in its metafile
 */
export function stampOf(project: string, inputs: readonly string[], made: readonly string[]): BundleStamp {
  const from = [...new Set([...SETTINGS, ...inputs.map(decisive)])].toSorted();
  return { from, made, digest: digestOf(project, [...from, ...made]) };
}

/** Whether a stamp still holds. @param text the stamp as it was written; undefined where there is none */
export function holds(project: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    const { from, made, digest } = JSON.parse(text) as BundleStamp;
    return digest === digestOf(project, [...from, ...made]);
  } catch {
    return false;
  }
}

/** Whether one of the files was written after a moment, epoch milliseconds: then a bundle may be of its older content. */
export function changedSince(project: string, files: readonly string[], moment: number): boolean {
  return files.some((file) => (statSync(join(project, file), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > moment);
}

/** Returns the file itself, or the package.json of the package that it is in. */
function decisive(input: string): string {
  const [, packageFolder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
  return packageFolder === undefined ? input : `${packageFolder}/package.json`;
}

function digestOf(project: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(project, file);
    hash.update(`${file}\0`).update(existsSync(path) ? readFileSync(path) : 'absent');
  }
  return hash.digest('hex');
}
