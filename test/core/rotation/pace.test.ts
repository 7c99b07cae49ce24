/** When a rotation will have ended, at its pace so far (contract 10.3). */
import { describe, expect, test } from 'vitest';
import { expectedEnd, paceOf, type Pace, type PaceLook } from '../../../lambdas/core/rotation/pace.ts';

const MINUTE = 60_000;

/** The pace after these looks: minute, old nodes, and whether it is held. */
function paceAfter(...looks: readonly (readonly [minute: number, old: number, isHeld?: boolean])[]): Pace {
  let pace: Pace | undefined;
  for (const [minute, old, isHeld = false] of looks) pace = paceOf(pace, { now: minute * MINUTE, old, isHeld });
  if (pace === undefined) throw new RangeError('a pace needs a look');
  return pace;
}

function endAt(pace: Pace, look: { minute: number; old: number; until?: number }): number | undefined {
  const { minute, old, until } = look;
  const at: Pick<PaceLook, 'now' | 'old'> = { now: minute * MINUTE, old };
  const end = expectedEnd(pace, { ...at, ...(until !== undefined && { until: until * MINUTE }) });
  return end === undefined ? undefined : end / MINUTE;
}

describe('the expected end', () => {
  test('is unknown until a node has gone', () => {
    expect(endAt(paceAfter([0, 10], [5, 10]), { minute: 5, old: 10 })).toBeUndefined();
  });

  test('is as far away as the nodes that are left take at the pace so far', () => {
    expect(endAt(paceAfter([0, 10], [10, 8]), { minute: 10, old: 8 })).toBe(50);
  });

  test('is now when none is left', () => {
    expect(endAt(paceAfter([0, 2], [10, 0]), { minute: 10, old: 0 })).toBe(10);
  });

  test('counts the pace from the first look of this run, not what an earlier run has done', () => {
    expect(endAt(paceAfter([100, 4], [110, 3]), { minute: 110, old: 3 })).toBe(140);
  });

  test('is unknown when there are more old nodes than at first', () => {
    expect(endAt(paceAfter([0, 2], [10, 3]), { minute: 10, old: 3 })).toBeUndefined();
  });
});

describe('the time for which a rotation is held', () => {
  test('is no part of its pace', () => {
    const pace = paceAfter([0, 10], [10, 8], [11, 8, true], [500, 8, true], [611, 8]);
    expect(endAt(pace, { minute: 611, old: 8 })).toBe(611 + (11 / 2) * 8);
  });

  test('leaves the end unknown while nobody knows how long it lasts', () => {
    expect(endAt(paceAfter([0, 10], [10, 8, true]), { minute: 60, old: 8 })).toBeUndefined();
  });

  test('adds what is known of it', () => {
    expect(endAt(paceAfter([0, 10], [10, 8, true]), { minute: 60, old: 8, until: 100 })).toBe(140);
  });
});
