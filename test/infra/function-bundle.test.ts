/** What the functions weigh: every byte is read at each cold start (reference/toolchain.md). */
import { describe, expect, test } from 'vitest';
import { bundleFunction } from '../../infra/function-bundle.ts';

type Outputs = ReturnType<typeof bundleFunction>['metafile']['outputs'];

const total = (outputs: Outputs): number => Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);

/** Outputs that hold anything of a package. */
const holding = (outputs: Outputs, name: string): string[] =>
  Object.entries(outputs)
    .filter(([, { inputs }]) => Object.keys(inputs).some((input) => input.includes(`node_modules/${name}/`)))
    .map(([path]) => path);

/** What the entry loads at start: itself and what is imported by statements, all the way. */
function atStart(outputs: Outputs, entry: string): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next);
  };
  visit(entry);
  return seen;
}

describe('the router', () => {
  const { outputs } = bundleFunction('interruption-router').metafile;

  test('weighs less than 600,000 bytes', () => {
    expect(total(outputs)).toBeLessThan(600_000);
  });

  test.each(['@aws-sdk/client-ec2', '@aws-sdk/client-eks', '@kubernetes/client-node', '@aws/durable-execution-sdk-js'])(
    'has nothing of %s',
    (name) => {
      expect(holding(outputs, name)).toEqual([]);
    },
  );
});

describe('the retirement', () => {
  const { outputs } = bundleFunction('node-retirement').metafile;

  test('weighs less than 3,200,000 bytes', () => {
    expect(total(outputs)).toBeLessThan(3_200_000);
  });

  test('loads client-ec2 when it is asked for the first time, not at start', () => {
    const loaded = atStart(outputs, 'dist/node-retirement/index.mjs');
    const ec2 = holding(outputs, '@aws-sdk/client-ec2');
    expect(ec2.length).toBeGreaterThan(0);
    expect(ec2.filter((path) => loaded.has(path))).toEqual([]);
  });
});
