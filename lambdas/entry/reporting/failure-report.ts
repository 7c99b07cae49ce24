/** The middleware that every entry shares: a failure is one structured line, and stays a failure. */
import type { MiddlewareObj } from '@middy/core';
import { failures } from './journal.ts';

/** Nothing is caught here: retries, dead-letter queues and alarms need the error. */
export function failureReport(): MiddlewareObj<unknown, unknown> {
  return {
    onError: ({ error }) => {
      failures.error('function.failed', error ?? new Error('unknown'));
    },
  };
}
