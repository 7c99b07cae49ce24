/**
 * Bundling one function: tree-shaken, the SDK inside, parts that are loaded on demand as files of their own (which
 * NodejsFunction cannot do, so esbuild is called here). The rules and what each is worth: reference/platform.md §3.
 */
import { buildSync, type Metafile } from 'esbuild';
import { rmSync } from 'node:fs';
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

/** @param name of the entry point, `lambdas/<name>.ts` */
export function bundleFunction(name: string): FunctionBundle {
  const directory = `${PROJECT}dist/${name}`;
  rmSync(directory, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: PROJECT,
    entryPoints: { index: `lambdas/${name}.ts` },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    keepNames: false,
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
    logLevel: 'error',
  });
  return { directory, metafile };
}
