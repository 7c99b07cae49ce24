/** What a rotation's run keeps, as AWS's record of it shows. The types tie each schema to what the run returns. Pure. */
import * as z from 'zod/mini';
import type { RotationProgress } from './rotation-progress.ts';

/** The name of the step that a round is. Suspended runs replay it: it stays. */
export const ROUND_STEP = 'round';

const failedNode = z.object({ node: z.string(), reason: z.string() });

const progressSchema: z.ZodMiniType<RotationProgress> = z.object({
  groups: z.array(
    z.object({
      group: z.string(),
      way: z.enum(['in place', 'detach', 'surge']),
      done: z.number(),
      inHand: z.number(),
      left: z.number(),
      failed: z.array(failedNode),
      kept: z.array(failedNode),
    }),
  ),
  waitingFor: z.optional(z.array(z.string())),
  expectedEnd: z.optional(z.number()),
});

export const roundRecordSchema = z.object({ progress: progressSchema });

export const endRecordSchema = z.object({
  result: z.string(),
  reason: z.optional(z.string()),
  progress: progressSchema,
});
