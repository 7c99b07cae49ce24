/** How a command of `ebb` ends. */

/** Done: everything that was asked for. */
export const DONE = 0;

/** It could not be done, or something wrong was found. */
export const FAILED = 1;

/** The arguments cannot be taken. Nothing was done. */
export const WRONG_USAGE = 2;

export type ExitStatus = typeof DONE | typeof FAILED;
