/** EC2's status checks of an instance: its hardware, its system, and its volumes (contract 1.2). Pure. */

/** `system`: AWS's hardware and network. `instance`: what runs on it. `ebs`: the volumes that are attached to it. */
export const STATUS_CHECKS = ['system', 'instance', 'ebs'] as const;
export type StatusCheck = (typeof STATUS_CHECKS)[number];

/** A status check that an instance fails. */
export interface Impairment {
  readonly instance: string;
  readonly check: StatusCheck;
  /** Epoch milliseconds. */
  readonly since: number;
}
