/** When nodes may go: by windows and freezes, over clock changes too (contract 9.3). */
import { describe, expect, test } from 'vitest';
import { cronFault, isTimeZone, openingOf, type Freeze, type Window } from '../../../lambdas/core/disruption/window.ts';

const HOUR_LONG = 3_600;

const aWindow = (cron: string, given: Partial<Window> = {}): Window => ({
  cron,
  durationSeconds: HOUR_LONG,
  timeZone: 'UTC',
  ...given,
});

const aFreeze = (from: string, to: string, timeZone = 'UTC'): Freeze => ({ from, to, timeZone });

/** What stands there at a moment: open, or when it opens next. */
function at(moment: string, windows: readonly (readonly Window[])[], freezes: readonly Freeze[] = []): string {
  const opening = openingOf({ windows, freezes }, Date.parse(moment));
  if (opening.open) return 'open';
  return opening.opensAt === undefined ? 'closed' : `closed until ${new Date(opening.opensAt).toISOString()}`;
}

describe('a window', () => {
  const nightly = [[aWindow('0 2 * * *')]];

  test.each([
    ['2026-01-05T01:59:59.999Z', 'closed until 2026-01-05T02:00:00.000Z'],
    ['2026-01-05T02:00:00.000Z', 'open'],
    ['2026-01-05T02:59:59.999Z', 'open'],
    ['2026-01-05T03:00:00.000Z', 'closed until 2026-01-06T02:00:00.000Z'],
  ])('is open from its firing on, for as long as it says: %s', (moment, expected) => {
    expect(at(moment, nightly)).toBe(expected);
  });

  test('that fires again before it is over stays open', () => {
    const always = [[aWindow('*/30 * * * *')]];
    for (const minute of ['00', '29', '30', '59']) expect(at(`2026-01-05T11:${minute}:59Z`, always)).toBe('open');
  });

  test('opens by the clock of its time zone', () => {
    const berlin = [[aWindow('0 2 * * MON-FRI', { timeZone: 'Europe/Berlin' })]];
    expect(at('2026-01-09T00:59:00Z', berlin)).toBe('closed until 2026-01-09T01:00:00.000Z');
    expect(at('2026-01-09T01:00:00Z', berlin)).toBe('open');
    expect(at('2026-01-09T02:00:00Z', berlin)).toBe('closed until 2026-01-12T01:00:00.000Z');
    expect(at('2026-07-09T00:00:00Z', berlin)).toBe('open');
  });

  test('is one of several of a list: any may be open', () => {
    const either = [[aWindow('0 2 * * *'), aWindow('0 14 * * *')]];
    expect(at('2026-01-05T02:30:00Z', either)).toBe('open');
    expect(at('2026-01-05T14:30:00Z', either)).toBe('open');
    expect(at('2026-01-05T12:00:00Z', either)).toBe('closed until 2026-01-05T14:00:00.000Z');
  });

  test('of another list must be open as well, and the next moment is one at which both are', () => {
    const both = [[aWindow('0 * * * *', { durationSeconds: 600 })], [aWindow('5 2,9 * * *')]];
    expect(at('2026-01-05T02:07:00Z', both)).toBe('open');
    expect(at('2026-01-05T02:30:00Z', both)).toBe('closed until 2026-01-05T03:00:00.000Z');
    expect(at('2026-01-05T03:06:00Z', both)).toBe('closed until 2026-01-05T09:05:00.000Z');
  });

  test('that never agrees with another one tells no moment', () => {
    expect(at('2026-01-05T12:00:00Z', [[aWindow('0 2 * * *')], [aWindow('0 5 * * *')]])).toBe('closed');
  });

  test('none at all: always open', () => {
    expect(at('2026-01-05T12:00:00Z', [])).toBe('open');
  });

  test('says which one it is that is closed', () => {
    expect(openingOf({ windows: nightly, freezes: [] }, Date.parse('2026-01-05T12:00:00Z'))).toMatchObject({
      why: 'outside the window "0 2 * * *" (UTC) of 3600 s',
    });
  });
});

describe('when clocks go forward (Europe/Berlin, 29 March 2026, 02:00 becomes 03:00 at 01:00 UTC)', () => {
  const berlin = (cron: string, durationSeconds = HOUR_LONG): Window[][] => [
    [aWindow(cron, { durationSeconds, timeZone: 'Europe/Berlin' })],
  ];

  test.each([
    ['2026-03-28T01:30:00Z', 'open'],
    ['2026-03-29T00:59:59Z', 'closed until 2026-03-29T01:00:00.000Z'],
    ['2026-03-29T01:00:00Z', 'open'],
    ['2026-03-29T01:59:59Z', 'open'],
    ['2026-03-29T02:00:00Z', 'closed until 2026-03-30T00:30:00.000Z'],
  ])('a window in the hour that does not exist opens right after it: %s', (moment, expected) => {
    expect(at(moment, berlin('30 2 * * *'))).toBe(expected);
  });

  test('one that is open across it lasts as long as ever', () => {
    expect(at('2026-03-29T02:59:59Z', berlin('0 1 * * *', 3 * HOUR_LONG))).toBe('open');
    expect(at('2026-03-29T03:00:00Z', berlin('0 1 * * *', 3 * HOUR_LONG))).toMatch(/^closed/);
  });

  test('one that opens every hour skips none', () => {
    expect(at('2026-03-29T01:10:00Z', berlin('0 * * * *', 900))).toBe('open');
    expect(at('2026-03-29T01:20:00Z', berlin('0 * * * *', 900))).toBe('closed until 2026-03-29T02:00:00.000Z');
  });
});

describe('when clocks go back (Europe/Berlin, 25 October 2026, 03:00 becomes 02:00 at 01:00 UTC)', () => {
  const berlin = [[aWindow('0 2 * * *', { timeZone: 'Europe/Berlin' })]];

  test.each([
    ['2026-10-24T23:59:59Z', 'closed until 2026-10-25T00:00:00.000Z'],
    ['2026-10-25T00:00:00Z', 'open'],
    ['2026-10-25T00:59:59Z', 'open'],
    ['2026-10-25T01:00:00Z', 'closed until 2026-10-26T01:00:00.000Z'],
    ['2026-10-25T01:30:00Z', 'closed until 2026-10-26T01:00:00.000Z'],
  ])('a window in the hour that comes twice opens once: %s', (moment, expected) => {
    expect(at(moment, berlin)).toBe(expected);
  });
});

describe('a freeze', () => {
  const christmas = aFreeze('2026-12-24', '2027-01-02', 'Europe/Berlin');

  test.each([
    ['2026-12-23T22:59:59Z', 'open'],
    ['2026-12-23T23:00:00Z', 'closed until 2027-01-02T23:00:00.000Z'],
    ['2027-01-02T22:59:59Z', 'closed until 2027-01-02T23:00:00.000Z'],
    ['2027-01-02T23:00:00Z', 'open'],
  ])(
    'holds from the first moment of its first day to the last of its last, by its own clock: %s',
    (moment, expected) => {
      expect(at(moment, [], [christmas])).toBe(expected);
    },
  );

  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    // Clocks go forward at midnight: the day after begins at 01:00.
    ['Africa/Cairo', '2026-04-23', '2026-04-23T22:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-05', '2026-01-05T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-01-05', '2026-01-06T11:00:00.000Z'],
  ])('in %s of %s ends with the day there', (timeZone, day, end) => {
    expect(at(`${day}T09:00:00Z`, [], [aFreeze('2026-01-01', day, timeZone)])).toBe(
      `closed until ${new Date(end).toISOString()}`,
    );
    expect(at(end, [], [aFreeze('2026-01-01', day, timeZone)])).toBe('open');
  });

  test('and a window: the next moment is past both', () => {
    expect(at('2026-12-25T12:00:00Z', [[aWindow('0 2 * * *')]], [christmas])).toBe(
      'closed until 2027-01-03T02:00:00.000Z',
    );
  });

  test('that follows another one: past both', () => {
    const freezes = [aFreeze('2026-01-05', '2026-01-06'), aFreeze('2026-01-07', '2026-01-07')];
    expect(at('2026-01-05T12:00:00Z', [], freezes)).toBe('closed until 2026-01-08T00:00:00.000Z');
  });

  test('says from when to when', () => {
    expect(openingOf({ windows: [], freezes: [christmas] }, Date.parse('2026-12-25T12:00:00Z'))).toMatchObject({
      why: 'frozen from 2026-12-24 to 2027-01-02 (Europe/Berlin)',
    });
  });
});

describe('an expression', () => {
  test.each(['0 2 * * *', '*/15 8-17 * * MON-FRI', '0 0 L * *', '30 4 1,15 * 5', '0 0 29 2 *'])(
    '%s will do',
    (cron) => {
      expect(cronFault(cron)).toBeUndefined();
    },
  );

  test.each([
    ['', /five fields/],
    ['0 2 * *', /five fields/],
    ['0 0 2 * * *', /five fields/],
    ['@daily', /five fields/],
    ['2026-12-25T00:00:00', /five fields/],
    ['0 25 * * *', /must be a cron expression: /],
    ['a b c d e', /must be a cron expression: /],
    ['0 0 30 2 *', /fires at all/],
  ])('%j will not', (cron, fault) => {
    expect(cronFault(cron)).toMatch(fault);
  });
});

test.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Europe/Atlantis', false],
  ['+02:00', false],
  ['', false],
])('%j is a time zone: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});
