/** Faults: why it is unknown what a group launches, in words. */
import { awsFailure } from '../aws/failure.ts';

export interface Fault {
  readonly fault: string;
}

export function isFault(value: object): value is Fault {
  return 'fault' in value;
}

/** @param what could not be read. @throws the error itself when it is none of a call to AWS */
export function unreadable(what: string, error: unknown): Fault {
  const failure = awsFailure(error);
  if (failure === undefined) throw error;
  return { fault: `${what} cannot be read: ${failure.reason}` };
}
