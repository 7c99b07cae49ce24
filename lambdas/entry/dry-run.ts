/** Dry runs: a person may ask a scheduled function what it would do now (contract 9.6). */
import * as z from 'zod/mini';
import './configuration/language.ts';

const orderSchema = z.object({ dryRun: z._default(z.boolean(), false) });

export type RunOrder = z.output<typeof orderSchema>;

/**
 * @param event what Lambda was invoked with: a scheduled event, or `{"dryRun": true}`
 * @returns the answer of a dry run; undefined after a scheduled run, which has nobody to answer
 * @throws Error when `dryRun` is neither true nor false
 */
export async function dryRunAnswer<Answer>(
  event: unknown,
  run: (order: RunOrder) => Promise<Answer>,
): Promise<Answer | undefined> {
  const parsed = orderSchema.safeParse(event);
  if (!parsed.success) throw new Error('the event is wrong: dryRun must be true or false');
  const answer = await run(parsed.data);
  return parsed.data.dryRun ? answer : undefined;
}
