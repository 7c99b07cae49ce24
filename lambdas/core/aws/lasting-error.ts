/** Errors that a retry does not help: a person must first correct what they report (faults 21, 28). */
const LASTING_ERRORS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'WrongParameter',
  // Termination protection: Auto Scaling ends such an instance all the same, and EC2 does not once it is detached.
  'OperationNotPermitted',
]);

export function isLasting(error: unknown): error is Error {
  return error instanceof Error && LASTING_ERRORS.has(error.name);
}

/** Whether AWS refuses the request as it is: for good, or because of the state that things are in now. */
export function isRefusal(error: unknown): error is Error {
  return isLasting(error) || (error instanceof Error && error.name === 'ValidationError');
}
