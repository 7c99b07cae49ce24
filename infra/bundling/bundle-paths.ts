/** Where the bundle of a function stands, and what is kept beside it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the bundle. @param name of the entry point, `lambdas/<name>.ts` */
export function directoryOf(name: string): string {
  return join(PROJECT, 'dist', name);
}

/** esbuild's own account of the bundle. */
export function metafileOf(name: string): string {
  return `${directoryOf(name)}.json`;
}

/** What the bundle was made from. */
export function stampFileOf(name: string): string {
  return `${directoryOf(name)}.stamp`;
}
