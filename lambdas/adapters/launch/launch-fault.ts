/** Why it cannot be told what a group launches, in words. */
import { awsFailure } from '../aws/failure.ts';

export interface Fault {
  readonly fault: string;
}

export function isFault(told: object): told is Fault {
  return 'fault' in told;
}

/** @param what could not be read. @throws the error itself when it is none of a call to AWS */
export function unreadable(what: string, error: unknown): Fault {
  const failure = awsFailure(error);
  if (failure === undefined) throw error;
  return { fault: `${what} cannot be read: ${failure.reason}` };
}
