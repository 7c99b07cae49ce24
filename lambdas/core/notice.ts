/**
 * A notice: an outside event that says an instance is to leave, parsed. It is a hint until AWS agrees (contract 1.3), so
 * it carries only what the event said.
 */
import { createHash } from 'node:crypto';

export type Notice = LifecycleNotice;

/** An Auto Scaling terminate action that waits in a lifecycle hook. */
export interface LifecycleNotice {
  readonly kind: 'asg-terminate';
  readonly account: string;
  readonly region: string;
  readonly instance: string;
  readonly group: string;
  readonly hook: string;
  readonly token: string;
  /** Where the instance comes from: a warm pool's instance runs nothing. */
  readonly origin: 'AutoScalingGroup' | 'WarmPool' | 'EC2';
  /** When the event was made, epoch milliseconds. */
  readonly at: number;
}

/** Lambda takes 1–64 of `A-Za-z0-9-_`; the hash keeps two actions of one instance apart (contract 1.6). */
const HASH_DIGITS = 8;

/**
 * The name under which the notice's retirement runs: one event has one name, however often it is delivered, so a second
 * delivery starts nothing (contract 1.6).
 */
export function executionName(notice: Notice): string {
  const hash = createHash('sha256').update(`${notice.kind},${notice.token}`).digest('hex').slice(0, HASH_DIGITS);
  return `${notice.account}-${notice.region}-${notice.instance}-${hash}`;
}
