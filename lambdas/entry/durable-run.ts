/** The durable run of a workflow, on a durable function's context. */
import { createRetryStrategy, type DurableContext } from '@aws/durable-execution-sdk-js';
import { isLasting } from '../core/lasting-error.ts';
import type { DurableRun } from '../workflow/ports.ts';

/**
 * Steps are tried again for about half an hour, longer than any AWS outage that a retry can bridge; what a person has to
 * mend first fails at once, naming what is missing (faults.md 21, 28).
 */
const retryPassing = createRetryStrategy({
  maxAttempts: 40,
  initialDelay: { seconds: 1 },
  maxDelay: { seconds: 60 },
});

export function durableRun(context: DurableContext): DurableRun {
  return {
    step: (name, work) =>
      context.step(name, () => work(), {
        retryStrategy: (error, attempt) => (isLasting(error) ? { shouldRetry: false } : retryPassing(error, attempt)),
      }),
    suspend: (name, seconds) => context.wait(name, { seconds }),
  };
}
