/** Events about withdrawal requests by HTTP (contract 7.4). */

/** A request by HTTP to take an instance out of its load balancers (contract 7.4). */
export const withdrawalRequested = (about: {
  /** The instance's id or a private address of it, as asked. */
  asked: string;
  /** ARN of the IAM principal, or `holder of the secret`. */
  by: string;
  /** Source address of the request. */
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
  /** Balancer pools that still have the instance. */
  pools: readonly string[];
  /** Why AWS refused it. */
  reason?: string;
}) => ({ type: 'withdrawal.answered', ...about }) as const;

/** A request without authorization. */
export const withdrawalRefused = (about: { from: string; reason: string }) =>
  ({ type: 'withdrawal.refused', ...about }) as const;

/** The shared secret cannot be read or is too short, so every request is refused. */
export const secretUnreadable = (about: {
  from: string;
  /** For the log alone: it may name account, role and secret. */
  reason: string;
}) => ({ type: 'secret.unreadable', ...about }) as const;
