/** `npm run -s drift -- --function NAME`: what has drifted, what would go now, and what the rest waits for. */
import * as z from 'zod/mini';
import { answeredReport, type DriftAnswer } from '../../lambdas/core/drift/answer.ts';
import { printDryRun } from './dry-run.ts';
import { driftTable } from './drift-table.ts';

process.exitCode = await printDryRun(
  {
    command: 'npm run -s drift',
    does: 'the drift tainter',
    output: 'DriftFunction',
    schema: z.object({
      cluster: z.string(),
      at: z.number(),
      groups: z.array(z.unknown()),
      texts: z.array(z.string()),
      nodes: z.array(z.unknown()),
    }),
    read: (answer) => answeredReport(answer as DriftAnswer),
    table: driftTable,
  },
  process.argv.slice(2),
);
