import { defineConfig } from 'vitest/config';

/** What decides, and what only formats: no peer, no bundle. `npm run test:unit` runs it while one works. */
const UNIT = [
  'test/{architecture,papers}.test.ts',
  'test/{command,core,driving}/**/*.test.ts',
  'test/entry/{durable-run,reporting}/**/*.test.ts',
  // It runs commands.
  'test/entry/configuration/!(configuration-mistakes).test.ts',
  'test/{bench,demo}/{cost,drain,expectations,own-watch,staging,telling}/**/*.test.ts',
];

/** On bundles, or on whole commands. */
const SHIPPED = [
  'test/commands.test.ts',
  'test/{infra,shipped}/**/*.test.ts',
  'test/faults/crashes.test.ts',
  'test/demo/*.test.ts',
  'test/{bench,demo}/{own-cluster,scan}/*.test.ts',
];

/** It measures processes, whose peak memory begins with that of the process that has forked them: so a small one must. */
const ALONE = ['test/bench/scan/*.test.ts'];

const CONFORMANCE = ['test/conformance/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Nothing in them lasts from one file to the next, so that files share two workers and what these have loaded.
    pool: 'threads',
    isolate: false,
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT } },
      // Over the wire to the peers, in one process.
      {
        extends: true,
        test: { name: 'peers', include: ['test/**/*.test.ts'], exclude: [...UNIT, ...SHIPPED, ...CONFORMANCE] },
      },
      { extends: true, test: { name: 'shipped', include: SHIPPED, exclude: ALONE, globalSetup: 'test/bundles.ts' } },
      { extends: true, test: { name: 'alone', include: ALONE, isolate: true, pool: 'forks' } },
      // The Kubernetes peer, and a real API server where one is named.
      { extends: true, test: { name: 'conformance', include: CONFORMANCE } },
    ],
  },
});
