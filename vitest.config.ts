import { defineConfig } from 'vitest/config';

/** Tests of what is shipped: on bundles, or on whole commands. All others run without a bundle being made first. */
const SHIPPED = [
  'test/commands.test.ts',
  'test/{faults,infra,shipped}/**/*.test.ts',
  'test/demo/*.test.ts',
  'test/{bench,demo}/{own-cluster,scan}/*.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: SHIPPED } },
      { extends: true, test: { name: 'shipped', include: SHIPPED, globalSetup: 'test/bundles.ts' } },
    ],
  },
});
