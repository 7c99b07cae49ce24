/**
 * The kinds of notices: what each may do, how it lets the instance go, and when its node is restored (contract 1.2). A new
 * kind is a row here. Pure.
 */

import type { NoticeSettings } from '../settings/cluster-settings.ts';

/** Settings of a cluster that switch a kind on or off. A kind without a switch is always on. */
export type NoticeSwitch = Exclude<keyof NoticeSettings, 'rebalanceHoldSeconds'>;

export interface KindRow {
  /** Nothing but Ebb or its users makes the instance go: no pod is forced unless a request says so (contract 5.4). */
  readonly voluntary: boolean;
  /** Ebb's hook holds the instance, and the retirement completes it (contract 6). */
  readonly hook: boolean;
  /** Waits for a slot (contract 4.10). A notice of two minutes does not. */
  readonly slot: boolean;
  /** Forces each pod as early as its grace needs, also in the first half of the time (contract 5.3). */
  readonly early: boolean;
  /**
   * When the node is restored. `never`: the instance goes. `deadline`: when it could not be drained by then. `held`: a while
   * after it was drained. `ready`: when it is Ready again, in what is left of it. `running`: if the instance runs again.
   */
  readonly restore: 'never' | 'deadline' | 'held' | 'ready' | 'running';
  readonly switchedBy?: NoticeSwitch;
}

export const KINDS = {
  'asg-terminate': { voluntary: false, hook: true, slot: true, early: false, restore: 'never' },
  'root-volume': { voluntary: false, hook: true, slot: true, early: false, restore: 'ready', switchedBy: 'rootVolume' },
  spot: { voluntary: false, hook: false, slot: false, early: true, restore: 'never', switchedBy: 'spot' },
  'capacity-reservation': {
    voluntary: false,
    hook: false,
    slot: false,
    early: true,
    restore: 'never',
    switchedBy: 'capacityReservation',
  },
  'scheduled-change': {
    voluntary: false,
    hook: false,
    slot: true,
    early: false,
    restore: 'ready',
    switchedBy: 'scheduledChange',
  },
  'state-change': {
    voluntary: false,
    hook: false,
    slot: false,
    early: true,
    restore: 'running',
    switchedBy: 'stateChange',
  },
  rebalance: { voluntary: true, hook: false, slot: true, early: false, restore: 'held', switchedBy: 'rebalance' },
  tainted: { voluntary: true, hook: false, slot: true, early: false, restore: 'deadline' },
  request: { voluntary: true, hook: false, slot: true, early: false, restore: 'deadline' },
  'asg-launch': { voluntary: false, hook: true, slot: false, early: false, restore: 'never', switchedBy: 'launch' },
} as const satisfies Readonly<Record<string, KindRow>>;

export type KindName = keyof typeof KINDS;

/** The row of a kind as read from a node; undefined when nobody knows the kind. */
export function rowOf(kind: string): KindRow | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as KindName] : undefined;
}
