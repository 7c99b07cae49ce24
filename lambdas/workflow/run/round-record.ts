/**
 * Reading a round's record (round.ts) back from a run's history, to show people what a stage is doing. No function imports
 * this. The types tie each schema to what is kept: a field that is renamed there does not compile here.
 */
import * as z from 'zod/mini';
import type { Again } from './round.ts';

/** What is shown of a round. A round that ends its stage waits for nothing. */
export type RoundShown = Required<Pick<Again, 'waitingFor' | 'heldBy'>>;

export const roundShown: z.ZodMiniType<{ outcome: RoundShown }> = z.object({
  outcome: z.object({
    waitingFor: z._default(z.array(z.string()), []),
    heldBy: z._default(z.array(z.object({ by: z.string(), pods: z.number() })), []),
  }),
});

/**
 * Schema of the round that ended a stage.
 *
 * @param value schema of what the stage came to
 */
export function lastRound<Value>(value: z.ZodMiniType<Value>): z.ZodMiniType<{ outcome: { value: Value } }> {
  return z.object({ outcome: z.object({ value }) });
}
