/**
 * What a rotation remembers from one step to the next. Little, because all else is read from what there is; if it is lost, a
 * pause may be too long or too short. Pure.
 */
import * as z from 'zod/mini';
import { movedControllerSchema } from './moved-pods.ts';
import { paceSchema } from './pace.ts';

export const rotationMemorySchema = z.object({
  /** The group that was worked on last. */
  group: z.optional(z.string()),
  /** Since when no node has been in hand, epoch milliseconds; absent while one is. */
  freeSince: z.optional(z.int()),
  /** Since when replacements are missing, epoch milliseconds; absent while none is. */
  missingSince: z.optional(z.int()),
  /** The first node of the last batch, and how often a batch has begun with it. */
  begun: z.optional(z.object({ node: z.string(), times: z.int() })),
  /** Controllers whose pods the last batch has moved, without those that were found Ready again. */
  moved: z.optional(z.array(movedControllerSchema)),
  /** What was said last of what it waits for. */
  told: z.optional(z.string()),
  /** How fast it was so far: for when it will have ended. */
  pace: z.optional(paceSchema),
  /** A managed node group that has more instances than it wants. */
  surge: z.optional(
    z.object({
      group: z.string(),
      /** Its desired capacity before, and what it is raised to: planned a round before, so that it is raised only once. */
      base: z.int(),
      to: z.int(),
      /** When that was planned, epoch milliseconds, and whether it has been raised. */
      at: z.int(),
      raised: z.boolean(),
      /** Whether the batch has begun that the others make room for. */
      begun: z.boolean(),
      /** Instances of that batch. */
      batch: z.optional(z.array(z.string())),
    }),
  ),
});

export type RotationMemory = Readonly<z.output<typeof rotationMemorySchema>>;
