/** Refusals of AWS. Things that are gone are expected; every other error is thrown on as it is. */

/** Whether a call was refused by one of these errors. */
export type Refusal = (error: unknown) => boolean;

export function refusedAs(...names: readonly string[]): Refusal {
  return (error) => error instanceof Error && names.includes(error.name);
}

/**
 * Whether the group or the instance is not there ("AutoScalingGroup name not found", "Instance Id not found"). Auto
 * Scaling has one ValidationError for all faults of a request, so the message decides.
 */
export const isNotFound: Refusal = (error) =>
  error instanceof Error && error.name === 'ValidationError' && /not found/i.test(error.message);

/** Returns the answer of `call`; undefined when the call is refused as `refused` says. */
export async function unless<Answer>(refused: Refusal, call: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (refused(error)) return undefined;
    throw error;
  }
}
