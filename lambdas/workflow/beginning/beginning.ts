/** How a retirement begins: what is found by asking AWS again, how it is to end, and what both follow from. */
import { executionName, type Home, type Notice } from '../../core/notice/notice.ts';
import type { BatchPlace, Release } from '../../core/notice/retirement-terms.ts';
import type { Subject } from '../../core/events/retirement-events.ts';
import type { DeadlinePolicy, GroupSettings } from '../../core/settings/cluster-settings.ts';
import type { ShiftPorts } from '../disruption/read-zonal-shift.ts';
import type { LaunchEnding } from '../interruption/await-node.ts';
import type { Verification, VerificationPorts } from '../notice/verify-notice.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Journal } from '../ports/journal.ts';
import type { Course, Hold } from '../run/stage.ts';
import type { HookTimePorts } from './hook-time.ts';
import type { WarnedEnding } from './warning.ts';

export type Verified = Extract<Verification, { kind: 'retire' }>;
export type BeginPorts = VerificationPorts &
  HookTimePorts &
  ShiftPorts & { readonly journal: Journal; readonly instances: Instances };

/** What was found, as plain data for the run to go on by. */
export type Beginning =
  | Exclude<Verification, { kind: 'retire' }>
  | (Verified & { readonly kind: 'retire'; readonly course: Course; readonly ending: Ending });

/** How a retirement is to end. */
export type Ending =
  /** The instance goes whatever we do. */
  | { readonly kind: 'hook'; readonly hold: Hold; readonly atDeadline: DeadlinePolicy }
  /** The instance goes whatever we do, and no hook holds it. */
  | WarnedEnding
  /** The instance comes: its node is waited for. */
  | LaunchEnding
  /** Nothing but us wants it to go: at the deadline the node is restored (contract 5.4). */
  | {
      readonly kind: 'voluntary';
      readonly release: Release;
      /** Pods are deleted past their budgets at the deadline, because the request says so. */
      readonly forces: boolean;
      /** The instance leaves its group first, and a replacement is waited for (contract 10.2). */
      readonly detaches: boolean;
      /** Its place in a batch of a rotation. */
      readonly batch?: BatchPlace;
      /** How long the drained node stays isolated before it is restored, seconds; absent: it is let go. */
      readonly holdSeconds?: number;
    };

export function subjectOf(notice: Notice, { cluster, group }: Verified, home: Home): Subject {
  return { execution: executionName(notice, home), cluster: cluster.name, group, instance: notice.instance };
}

export function settingsOf({ group, cluster }: Pick<Verified, 'group' | 'cluster'>): GroupSettings | undefined {
  return cluster.groups.find(({ name }) => name === group);
}

export function drainTimeoutSeconds(verified: Pick<Verified, 'group' | 'cluster'>): number {
  return settingsOf(verified)?.drainTimeoutSeconds ?? verified.cluster.drain.timeoutSeconds;
}
