/** Paths of the bundle of a function, and of the files beside it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the folder of the bundle. @param name of the entry point, `lambdas/<name>.ts` */
export function directoryOf(name: string): string {
  return join(PROJECT, 'dist', name);
}

/** Returns the path of esbuild's metafile of the bundle. */
export function metafileOf(name: string): string {
  return `${directoryOf(name)}.json`;
}

/** Returns the path of the bundle's stamp (bundle-stamp.ts). */
export function stampFileOf(name: string): string {
  return `${directoryOf(name)}.stamp`;
}
