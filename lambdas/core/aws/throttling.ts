/** Whether AWS refuses a call only because too many were made, by the names that its services have for that. Pure. */

const NAMES: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'TooManyRequestsException',
]);

export function isThrottling(error: unknown): boolean {
  return error instanceof Error && NAMES.has(error.name);
}
