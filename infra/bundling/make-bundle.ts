/** Makes one function's bundle with esbuild, and stamps it. */
import { build, type OutputFile } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { changedSince, stampOf } from './bundle-stamp.ts';
import { directoryOf, metafileOf, PROJECT, stampFileOf } from './bundle-paths.ts';
import { plainSchemas } from './plain-schemas.ts';

/** Defines `require`, which undici in the Kubernetes client calls and a module does not have. */
const REQUIRE_BANNER =
  "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);";

/** @param name of the entry point, `lambdas/<name>.ts` @throws Error when esbuild cannot bundle it */
export async function makeBundle(name: string): Promise<void> {
  const directory = directoryOf(name);
  const began = Date.now();
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
  replaceFiles(directory, outputFiles);
  replaceFile(metafileOf(name), Buffer.from(JSON.stringify(metafile)));
  const made = [...outputFiles.map(({ path }) => path), metafileOf(name)].map((path) => relative(PROJECT, path));
  const stamp = stampOf(PROJECT, Object.keys(metafile.inputs), made);
  if (!changedSince(PROJECT, stamp.from, began)) replaceFile(stampFileOf(name), Buffer.from(JSON.stringify(stamp)));
}

/** Writes changed files and removes old ones. A process that reads the folder meanwhile finds it whole. */
function replaceFiles(directory: string, files: readonly OutputFile[]): void {
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

/** Replaces a file in one step: a process that reads it meanwhile finds the old one or the new one. */
function replaceFile(path: string, contents: Uint8Array): void {
  const fresh = join(PROJECT, 'dist', `.${relative(PROJECT, path).replaceAll('/', '-')}.${process.pid}`);
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}
