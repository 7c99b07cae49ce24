/** What one run of a durable function came to: the answer in its payload, or the error that ended it without one. */
import type { ErrorObject } from './operations-state.ts';
import type { RuntimeError } from '../runtime-messages.ts';
import type { InvocationOutcome } from '../sandbox.ts';

export function endOf(outcome: InvocationOutcome): { outcome: string | undefined; error?: ErrorObject } {
  if (outcome.ok) return { outcome: answerIn(outcome.payload).Status };
  return { outcome: outcome.error.errorType, error: errorOf(outcome.error) };
}

export function errorOf({ errorType: ErrorType, errorMessage: ErrorMessage }: RuntimeError): ErrorObject {
  return { ErrorType, ErrorMessage };
}

interface RunAnswer {
  readonly Status?: string;
  readonly Result?: string;
  readonly Error?: ErrorObject;
}

export function answerIn(payload: string): RunAnswer {
  const answer = JSON.parse(payload) as RunAnswer | null;
  return answer ?? {};
}
