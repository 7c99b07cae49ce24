/** The tests of the core alone, for mutation testing (`npm run mutation`). */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/core/**/*.test.ts'] } });
