/**
 * Makes the library that the package exports: JavaScript by esbuild and types by tsc, in `dist/library`. (Node reads no
 * TypeScript below node_modules.) The packages that it needs stay imports: they are dependencies of this one.
 */
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PROJECT } from './bundle-paths.ts';

const LIBRARY = join(PROJECT, 'dist', 'library');

rmSync(LIBRARY, { recursive: true, force: true });
await build({
  absWorkingDir: PROJECT,
  entryPoints: { index: 'lambdas/entry/library/library.ts' },
  outdir: LIBRARY,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node22',
  sourcemap: true,
  logLevel: 'error',
});
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.library.json'], { cwd: PROJECT, stdio: 'inherit' });
