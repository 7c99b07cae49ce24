/**
 * The pace of a rotation so far, and when it will have ended if it goes on like that (contract 10.3). The time for which it
 * was held, by its user or by a window, is no part of its pace. Pure.
 */
import * as z from 'zod/mini';

/** Times are epoch milliseconds. */
export const paceSchema = z.object({
  /** The first look at the groups, and how many nodes were old then. */
  at: z.int(),
  old: z.int(),
  /** Milliseconds for which it was held since. */
  heldMs: z.int(),
  /** Since when it is held; absent while it is not. */
  heldSince: z.optional(z.int()),
});

export type Pace = Readonly<z.output<typeof paceSchema>>;

/** What one look at the groups has found. */
export interface PaceLook {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Number of nodes that are still to go, those in hand among them. */
  readonly old: number;
  /** Whether nothing may begin until somebody or something else lets it. */
  readonly isHeld: boolean;
}

/** @param before undefined at the first look */
export function paceOf(before: Pace | undefined, { now, old, isHeld }: PaceLook): Pace {
  const { at = now, old: first = old, heldMs = 0, heldSince } = before ?? {};
  if (isHeld) return { at, old: first, heldMs, heldSince: heldSince ?? now };
  return { at, old: first, heldMs: heldMs + (heldSince === undefined ? 0 : now - heldSince) };
}

/**
 * When the rotation will have ended, epoch milliseconds; undefined while nothing says so: before the first node has gone,
 * and while it is held and nobody knows how long.
 *
 * @param until when what holds it lets it go on, epoch milliseconds
 */
export function expectedEnd(
  pace: Pace,
  { now, old, until }: Pick<PaceLook, 'now' | 'old'> & { readonly until?: number | undefined },
): number | undefined {
  const gone = pace.old - old;
  const from = pace.heldSince === undefined ? now : until;
  if (gone <= 0 || from === undefined) return undefined;
  const worked = (pace.heldSince ?? now) - pace.at - pace.heldMs;
  return Math.round(from + (worked / gone) * old);
}
