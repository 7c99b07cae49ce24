/** Decides when a failed step of a durable run is tried again. */
import { createRetryStrategy, JitterStrategy, type RetryDecision } from '@aws/durable-execution-sdk-js';
import { isLasting } from '../../core/aws/lasting-error.ts';
import { RELOOK } from '../../core/aws/lifecycle-state.ts';
import { StillTerminating } from '../../workflow/notice/verify-notice.ts';

/**
 * Retries for about half an hour, longer than any AWS outage that a retry can bridge. Pauses grow slowly, with little
 * jitter, so that none is longer than the time before it: a hook that outlived an outage must outlive the pause too.
 */
const retryPassing = createRetryStrategy({
  maxAttempts: 50,
  initialDelay: { seconds: 1 },
  maxDelay: { seconds: 60 },
  backoffRate: 1.3,
  jitter: JitterStrategy.HALF,
});

/** A short pause: AWS may bring the instance to its hook at any moment, and the shortest hook lasts 30 s. */
const looksAgain: RetryDecision = {
  shouldRetry: true,
  delay: { seconds: Math.round(RELOOK['not yet'].pauseMs / 1000) },
};

/**
 * Decides after a failed try. An error that a person must fix fails at once, naming what is missing (faults 21, 28).
 *
 * @param attempt how many times the step has been tried
 */
export function retryStep(error: Error, attempt: number): RetryDecision {
  const passing = retryPassing(error, attempt);
  if (passing.shouldRetry && error instanceof StillTerminating) return looksAgain;
  return isLasting(error) ? { shouldRetry: false } : passing;
}
