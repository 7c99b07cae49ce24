/** What AWS refuses: things that are gone are expected, and everything else is thrown on as it is. */

/** Whether a call was refused by one of these errors. */
export type Refusal = (error: unknown) => boolean;

export function refusedAs(...names: readonly string[]): Refusal {
  return (error) => error instanceof Error && names.includes(error.name);
}

/**
 * Auto Scaling has one ValidationError for everything that is wrong with a request; only its words tell that the group or
 * the instance is not there ("AutoScalingGroup name not found", "Instance Id not found").
 */
export const isNotFound: Refusal = (error) =>
  error instanceof Error && error.name === 'ValidationError' && /not found/i.test(error.message);

/** What `call` answers; undefined when it is refused so. */
export async function unless<Answer>(refused: Refusal, call: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (refused(error)) return undefined;
    throw error;
  }
}
