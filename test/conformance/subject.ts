/** What the cases are run against: a server, what it can do, and how its time passes. */
import type { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import type { KubeClient } from './kube-client.ts';

/**
 * What a server may have beside its API.
 *
 * - `controllers`: controller manager and scheduler
 * - `kubelets`: at least one node that runs pods
 * - `unwatched budgets`: nobody computes the status of budgets, so that what the API says before can be seen
 * - `faults`: the peer's controls
 */
export type Ability = 'controllers' | 'kubelets' | 'unwatched budgets' | 'faults';

export interface Time {
  /** Looks until there is something (neither undefined nor false); fails with `what` after `seconds`. @default 30 */
  eventually<T>(what: string, look: () => Promise<T> | T, seconds?: number): Promise<Found<T>>;
  /** Lets the time pass in which something shall not happen. */
  pass(seconds: number): Promise<void>;
}

export type Found<T> = Exclude<Awaited<T>, undefined | false>;

export interface Subject {
  readonly name: string;
  /** Asks as an administrator. */
  readonly client: KubeClient;
  readonly abilities: ReadonlySet<Ability>;
  readonly time: Time;
  /** Only of the peer: its controls. */
  readonly peer?: KubernetesPeer;
  stop(): Promise<void>;
}
