/** `npm run -s sweep -- --function NAME`: which nodes bear a drain taint, and what the sweep would do with each. */
import * as z from 'zod/mini';
import type { SweepReport } from '../../lambdas/core/disruption/sweep-report.ts';
import { printDryRun } from './dry-run.ts';
import { sweepTable } from './sweep-table.ts';

process.exitCode = await printDryRun(
  {
    command: 'npm run -s sweep',
    does: 'the sweep',
    output: 'SweepFunction',
    schema: z.object({
      cluster: z.string(),
      at: z.number(),
      groups: z.optional(z.undefined()),
      nodes: z.array(z.unknown()),
    }),
    read: (answer) => answer as SweepReport,
    table: sweepTable,
  },
  process.argv.slice(2),
);
