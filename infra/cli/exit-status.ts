/** Exit statuses of `ebb`. */

/** Everything that was asked for is done. */
export const DONE = 0;

/** The command could not be done, or found something wrong. */
export const FAILED = 1;

/** The arguments are wrong. Nothing was done. */
export const WRONG_USAGE = 2;

export type ExitStatus = typeof DONE | typeof FAILED;
