/** Errors that trying again cannot help: somebody has to mend what they say first (faults 21, 28). */
const LASTING_ERRORS = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'WrongParameter']);

export function isLasting(error: unknown): error is Error {
  return error instanceof Error && LASTING_ERRORS.has(error.name);
}
