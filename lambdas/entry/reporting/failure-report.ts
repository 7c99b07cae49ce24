/** The middleware of every entry: logs a failure as one structured line. */
import type { MiddlewareObj } from '@middy/core';
import { failures } from './journal.ts';

/** The error is logged and not handled: retries, dead-letter queues and alarms need it. */
export function failureReport(): MiddlewareObj<unknown, unknown> {
  return {
    onError: ({ error }) => {
      failures.error('function.failed', error ?? new Error('unknown'));
    },
  };
}
