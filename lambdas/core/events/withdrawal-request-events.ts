/** What is told of requests by HTTP (contract 7.4). */

/** Somebody asks by HTTP that an instance be taken out of its load balancers (contract 7.4). */
export const withdrawalRequested = (about: {
  /** What was asked: the instance's id or a private address of it. */
  asked: string;
  /** ARN of the IAM principal, or `holder of the secret`. */
  by: string;
  /** Address that the request came from. */
  from: string;
  dryRun: boolean;
  timeoutSeconds: number;
}) => ({ type: 'withdrawal.requested', ...about }) as const;

/** The answer to such a request. */
export const withdrawalAnswered = (about: {
  asked: string;
  status: number;
  seconds: number;
  /** Absent when there is no such instance. */
  instance?: string;
  /** Load balancers that still have it. */
  pools: readonly string[];
  /** Why AWS kept it from being done. */
  reason?: string;
}) => ({ type: 'withdrawal.answered', ...about }) as const;

/** A request by somebody who may not ask. */
export const withdrawalRefused = (about: { from: string; reason: string }) =>
  ({ type: 'withdrawal.refused', ...about }) as const;

/** The secret that lets in cannot be read or is too short, so nobody is let in. */
export const secretUnreadable = (about: {
  from: string;
  /** For the log alone: it may name account, role and secret. */
  reason: string;
}) => ({ type: 'secret.unreadable', ...about }) as const;
