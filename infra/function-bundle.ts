/**
 * Bundling one function: tree-shaken, the SDK inside, parts that are loaded on demand as files of their own (which
 * NodejsFunction cannot do, so esbuild is called here). The rules and what each is worth: reference/platform.md §3.
 */
import { buildSync, type Metafile, type OutputFile } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** undici, inside the Kubernetes client, calls `require`, which a module does not have. */
const REQUIRE_BANNER =
  "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);";

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
  const bundle = made.get(name) ?? (process.env[ALL_MADE] === undefined ? makeBundle(name) : madeBundle(name));
  made.set(name, bundle);
  return bundle;
}

/** Makes every bundle; this process, and those that it starts from now on, make none again. */
export function bundleAll(): void {
  for (const name of FUNCTIONS) makeBundle(name);
  process.env[ALL_MADE] = 'yes';
}

function directoryOf(name: string): string {
  return join(PROJECT, 'dist', name);
}

function metafileOf(name: string): string {
  return `${directoryOf(name)}.json`;
}

function madeBundle(name: string): FunctionBundle {
  return { directory: directoryOf(name), metafile: JSON.parse(readFileSync(metafileOf(name), 'utf8')) as Metafile };
}

function makeBundle(name: string): FunctionBundle {
  const directory = directoryOf(name);
  const { metafile, outputFiles } = buildSync({
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
    legalComments: 'none',
    banner: { js: REQUIRE_BANNER },
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  replaceFiles(directory, outputFiles);
  replaceFile(metafileOf(name), Buffer.from(JSON.stringify(metafile)));
  return { directory, metafile };
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

/** Writes what differs and removes what is left over, so that a process that reads the folder meanwhile finds it whole. */
function replaceFiles(directory: string, files: readonly OutputFile[]): void {
  mkdirSync(directory, { recursive: true });
  for (const { path, contents } of files) {
    if (!existsSync(path) || !readFileSync(path).equals(contents)) replaceFile(path, contents);
  }
  const wanted = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (!wanted.has(path)) rmSync(path, { recursive: true, force: true });
  }
}

function replaceFile(path: string, contents: Uint8Array): void {
  const fresh = join(PROJECT, 'dist', `.${basename(path)}.${process.pid}`);
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}
