/**
 * Makes one function's bundle: a process of its own, because esbuild takes plugins only where it is waited for, which
 * constructs cannot do. Its argument is the function's name.
 */
import { build, type OutputFile } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { directoryOf, metafileOf, PROJECT } from './function-bundle.ts';
import { plainSchemas } from './plain-schemas.ts';

/** undici, inside the Kubernetes client, calls `require`, which a module does not have. */
const REQUIRE_BANNER =
  "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);";

const [, , name = ''] = process.argv;
const directory = directoryOf(name);
const { metafile, outputFiles } = await build({
  absWorkingDir: PROJECT,
  entryPoints: { index: `lambdas/${name}.ts` },
  outdir: directory,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // The SDK's modules, not its CommonJS: half the size and half the start.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  plugins: [plainSchemas],
  legalComments: 'none',
  banner: { js: REQUIRE_BANNER },
  metafile: true,
  write: false,
  logLevel: 'error',
});
replaceFiles(outputFiles);
replaceFile(metafileOf(name), Buffer.from(JSON.stringify(metafile)));

/** Writes what differs and removes what is left over, so that a process that reads the folder meanwhile finds it whole. */
function replaceFiles(files: readonly OutputFile[]): void {
  mkdirSync(directory, { recursive: true });
  for (const { path, contents } of files) {
    if (!existsSync(path) || !readFileSync(path).equals(contents)) replaceFile(path, contents);
  }
  const wanted = new Set(files.map(({ path }) => path));
  for (const file of readdirSync(directory)) {
    const path = join(directory, file);
    if (!wanted.has(path)) rmSync(path, { recursive: true, force: true });
  }
}

function replaceFile(path: string, contents: Uint8Array): void {
  const fresh = join(PROJECT, 'dist', `.${basename(path)}.${process.pid}`);
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}
