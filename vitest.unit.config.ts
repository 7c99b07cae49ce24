/** The tests of the core alone, for mutation testing (`npm run mutation`). */
import { defineConfig } from 'vitest/config';

// The property tests take seconds where the machine is busy.
export default defineConfig({ test: { include: ['test/core/**/*.test.ts'], testTimeout: 120_000 } });
