/**
 * How long a call to AWS may take. The SDK waits for ever by default, and a durable step that hangs holds its run until
 * the invocation times out.
 */
export const CALL_LIMITS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
