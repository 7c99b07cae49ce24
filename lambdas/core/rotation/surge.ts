/**
 * The instances that a managed node group has more while a batch of its nodes goes (contract 10.2). Others change its desired
 * capacity too: Cluster Autoscaler, schedules and people. What they add stays, and what they take away is not counted on. Pure.
 */
import type { Group } from '../aws/group.ts';
import { phaseOf } from '../aws/lifecycle-state.ts';
import type { RotationMemory } from './rotation-memory.ts';

export type Surge = NonNullable<RotationMemory['surge']>;

/** @param at when it is planned, epoch milliseconds */
export function surgeOf({ name, desired: base }: Group, by: number, at: number): Surge {
  return { group: name, base, to: base + by, at, raised: false, begun: false };
}

/**
 * The surge by what the group wants now, if somebody has changed that since it was planned, and before its batch began:
 * otherwise raising the group would take away what was added, and the batch would go without a replacement for what was
 * taken away.
 */
export function replannedSurge(surge: Surge, { desired }: Group): Surge | undefined {
  const { base, to, raised } = surge;
  const replanned = (from: number): Surge => ({ ...surge, base: from, to: from + to - base, raised: false });
  if (raised) return desired < to ? replanned(Math.min(base, desired)) : undefined;
  // It has been raised already if the run died right after that.
  return desired === base || desired === to ? undefined : replanned(desired);
}

/**
 * The surge once its batch has begun.
 *
 * @param underWay instances that a retirement has in hand, each with its group
 */
export function begunSurge(surge: Surge, underWay: ReadonlyMap<string, string>): Surge {
  const inHand = [...underWay].flatMap(([instance, group]) => (group === surge.group ? [instance] : []));
  return { ...surge, begun: true, batch: [...new Set([...(surge.batch ?? []), ...inHand])] };
}

/** The number of instances that go again: those that no node of the batch has made way for, if the group still has them. */
export function unusedOf({ base, to, batch = [] }: Surge, { desired, members }: Group): number {
  const stayed = members.filter(({ instance, state }) => batch.includes(instance) && phaseOf(state) === 'in service');
  const gone = batch.length - stayed.length;
  return Math.max(0, Math.min(to - base - gone, desired - base));
}
