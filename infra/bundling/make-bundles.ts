/**
 * Makes bundles side by side, and waits for them: a process of its own, because constructs cannot wait for esbuild.
 * Arguments: names of the functions.
 */
import { makeBundle } from './make-bundle.ts';

await Promise.all(process.argv.slice(2).map(makeBundle));
