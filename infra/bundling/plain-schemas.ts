import type { Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';

/** Files in which the SDK's clients describe the input and output of their calls. */
const SCHEMAS = /[\\/]schemas_0\.js$/;

/**
 * Plugin of esbuild that writes out the names of members in the SDK's schemas, which are computed from constants. esbuild
 * assumes that computing one has an effect, so it would keep the schemas of calls that nobody makes. For EC2 alone
 * these are 500 KB, which take 25 MB of memory and 80 ms of CPU at a cold start.
 */
export const plainSchemas: Plugin = {
  name: 'plain-schemas',
  setup(build) {
    build.onLoad({ filter: SCHEMAS }, async ({ path }) => ({ contents: withPlainNames(await readFile(path, 'utf8')) }));
  },
};

function withPlainNames(source: string): string {
  const constants = [...source.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)];
  const texts = new Map(constants.map(([, name = '', text = '']) => [name, text]));
  return source.replaceAll(/\[(\w+)\]:/g, (computed, name: string) => {
    const text = texts.get(name);
    return text === undefined ? computed : `${text}:`;
  });
}
