/** What the functions weigh: every byte is read at each cold start (ARCHITECTURE.md). */
import { describe, expect, test } from 'vitest';
import { bundleFunction, bytesOf, loadedAtStart } from '../../../infra/bundling/function-bundle.ts';

type Metafile = ReturnType<typeof bundleFunction>['metafile'];

/** Outputs that hold anything of a package. */
const holding = ({ outputs }: Metafile, name: string): string[] =>
  Object.entries(outputs)
    .filter(([, { inputs }]) => Object.keys(inputs).some((input) => input.includes(`node_modules/${name}/`)))
    .map(([path]) => path);

describe('the router', () => {
  const { metafile } = bundleFunction('interruption-router');

  test('loads less than 700,000 bytes at start', () => {
    const loaded = loadedAtStart(metafile);
    const bytes = Object.entries(metafile.outputs).map(([path, output]) => (loaded.has(path) ? output.bytes : 0));
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(700_000);
  });

  test('has nothing of what makes runs durable', () => {
    expect(holding(metafile, '@aws/durable-execution-sdk-js')).toEqual([]);
  });

  test.each(['@aws-sdk/client-eks', '@kubernetes/client-node', '@aws-sdk/client-ec2'])(
    'loads %s with the first notice, not at start',
    (name) => {
      const loaded = loadedAtStart(metafile);
      const holders = holding(metafile, name);
      expect(holders.length).toBeGreaterThan(0);
      expect(holders.filter((path) => loaded.has(path))).toEqual([]);
    },
  );
});

describe('the retirement', () => {
  const { metafile } = bundleFunction('node-retirement');

  test('weighs less than 3,200,000 bytes', () => {
    expect(bytesOf(metafile)).toBeLessThan(3_200_000);
  });

  test('loads client-ec2 when it is asked for the first time, not at start', () => {
    const loaded = loadedAtStart(metafile);
    const ec2 = holding(metafile, '@aws-sdk/client-ec2');
    expect(ec2.length).toBeGreaterThan(0);
    expect(ec2.filter((path) => loaded.has(path))).toEqual([]);
  });
});

describe('the sweep', () => {
  const { metafile } = bundleFunction('node-sweep');

  test('weighs less than 3,200,000 bytes, and has nothing of what makes runs durable', () => {
    expect(bytesOf(metafile)).toBeLessThan(3_200_000);
    expect(holding(metafile, '@aws/durable-execution-sdk-js')).toEqual([]);
  });

  test.each(['@aws-sdk/client-ec2', '@aws-sdk/client-elastic-load-balancing-v2'])(
    'loads %s when it is asked for the first time, not at start',
    (name) => {
      const loaded = loadedAtStart(metafile);
      const holders = holding(metafile, name);
      expect(holders.length).toBeGreaterThan(0);
      expect(holders.filter((path) => loaded.has(path))).toEqual([]);
    },
  );
});

test.each(['node-retirement', 'node-sweep', 'drift-tainter'] as const)(
  '%s loads what a kubeconfig takes when a cluster has one, not at start (contract 15.1)',
  (name) => {
    const { metafile } = bundleFunction(name);
    const loaded = loadedAtStart(metafile);
    for (const needed of ['yaml', '@aws-sdk/client-secrets-manager']) {
      const holders = holding(metafile, needed);
      expect(holders.length).toBeGreaterThan(0);
      expect(holders.filter((path) => loaded.has(path))).toEqual([]);
    }
  },
);

test('of what the SDK says of its calls, the drift tainter has that of those which it makes', () => {
  const { metafile } = bundleFunction('drift-tainter');
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const ofEc2 = inputs.filter(([input]) => input.includes('@aws-sdk/client-ec2/'));
  expect(ofEc2.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)).toBeLessThan(100_000);
});
