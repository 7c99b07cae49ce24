/** A failure of a function itself, as one structured line. */
import type { MiddlewareObj } from '@middy/core';
import { failures } from './journal.ts';

/** The middleware of every entry. The error is logged and not handled: retries, dead-letter queues and alarms need it. */
export function failureReport(): MiddlewareObj<unknown, unknown> {
  return {
    onError: ({ error }) => {
      logFailure(error);
    },
  };
}

/** @param error whatever was thrown @param about what failed, such as the id of a message @default the invocation */
export function logFailure(error: unknown, about: Readonly<Record<string, string>> = {}): void {
  const failure = error instanceof Error ? error : new Error('unknown', { cause: error });
  failures.error('function.failed', { error: failure, ...about });
}
