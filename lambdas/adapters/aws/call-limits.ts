/**
 * Time limits and attempts of each call to AWS. The SDK has no time limit by default, and a durable step that hangs
 * holds its run until the invocation times out.
 */
export const CALL_LIMITS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
