/** The durable run of a workflow, on a durable function's context. */
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import type { DurableRun } from '../../workflow/ports/lambda.ts';
import { retryStep } from './step-retry.ts';

export function durableRun(context: DurableContext): DurableRun {
  return {
    step: (name, work) => context.step(name, () => work(), { retryStrategy: retryStep }),
    suspend: (name, seconds) => context.wait(name, { seconds }),
  };
}
