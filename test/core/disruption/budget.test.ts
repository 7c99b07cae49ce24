/** Budgets as people write them (contract 9.3). */
import { describe, expect, test } from 'vitest';
import { budgetFaults, limitOf, readBudget, unreadableBudgets } from '../../../lambdas/core/disruption/budget.ts';

const NIGHT = { cron: '0 2 * * *', durationSeconds: 3_600 };
const NIGHT_READ = { ...NIGHT, timeZone: 'UTC' };
const CHRISTMAS = { from: '2026-12-24', to: '2026-12-26', timeZone: 'Europe/Berlin' };

describe('a budget', () => {
  test.each([[undefined], [{}]])('that says nothing (%j) leaves the numbers to who asks, at any time', (written) => {
    expect(readBudget(written)).toEqual({ windows: [], freezes: [] });
  });

  test('says everything', () => {
    const written = { nodes: '25%', cluster: 3, windows: [NIGHT], freezes: [CHRISTMAS] };
    expect(readBudget(written)).toEqual({
      nodes: { percent: 25 },
      cluster: { nodes: 3 },
      windows: [[NIGHT_READ]],
      freezes: [CHRISTMAS],
    });
  });

  test('of a group overrides the number; the windows of both must be open, the freezes of both hold', () => {
    const noon = { cron: '0 12 * * *', durationSeconds: 600, timeZone: 'Europe/Berlin' };
    const easter = { from: '2026-04-03', to: '2026-04-06' };
    const cluster = { nodes: 5, windows: [NIGHT], freezes: [CHRISTMAS] };
    expect(readBudget(cluster, { nodes: 2, windows: [noon], freezes: [easter] })).toEqual({
      nodes: { nodes: 2 },
      windows: [[NIGHT_READ], [noon]],
      freezes: [CHRISTMAS, { ...easter, timeZone: 'UTC' }],
    });
    expect(readBudget(cluster, {})).toEqual(readBudget(cluster));
  });

  test('of a group that is 0 is 0, not the cluster’s', () => {
    expect(readBudget({ nodes: 5 }, { nodes: 0 })).toMatchObject({ nodes: { nodes: 0 } });
  });

  test('is not read when either does not parse, and every fault is named', () => {
    expect(readBudget({ nodes: -1 }, { windows: [{}] })).toEqual({
      fault: expect.stringMatching(
        /^budget\.nodes: .*; budget\.windows\[0\]\.cron: .*; budget\.windows\[0\]\.duration/,
      ) as string,
    });
  });
});

describe('a limit', () => {
  test.each<[unknown, number, number]>([
    [3, 100, 3],
    [0, 100, 0],
    ['10%', 100, 10],
    ['10%', 101, 11],
    ['10%', 5, 1],
    ['10%', 0, 1],
    ['1%', 1, 1],
    ['0%', 100, 0],
    ['100%', 7, 7],
    ['7%', 100, 7],
    ['29%', 100, 29],
  ])('%j of %i is %i', (written, of, expected) => {
    const budget = readBudget({ cluster: written });
    if ('fault' in budget) throw new Error(budget.fault);
    expect(budget.cluster && limitOf(budget.cluster, of)).toBe(expected);
  });
});

describe('a fault is named by its field and what it must be:', () => {
  test.each<[string, unknown, string]>([
    ['no object', 'often', 'budget: must be an object'],
    ['nothing, explicitly', null, 'budget: must be an object'],
    ['a list', [], 'budget: must be an object'],
    [
      'a share without percent',
      { nodes: '10' },
      'budget.nodes: must be a number of nodes, or a percentage such as "10%"',
    ],
    [
      'a share above all',
      { cluster: '101%' },
      'budget.cluster: must be a number of nodes, or a percentage such as "10%"',
    ],
    ['less than none', { nodes: -1 }, 'budget.nodes: must be a number of nodes, or a percentage such as "10%"'],
    ['half a node', { nodes: 0.5 }, 'budget.nodes: must be a number of nodes, or a percentage such as "10%"'],
    ['an unknown field', { node: 1 }, 'budget: must not have node'],
    ['windows that are no list', { windows: NIGHT }, 'budget.windows: must be a list'],
    ['no windows', { windows: [] }, 'budget.windows: must have a window such as {'],
    ['a window that is none', { windows: ['0 2 * * *'] }, 'budget.windows[0]: must be an object'],
    [
      'a cron expression',
      { windows: [{ ...NIGHT, cron: '0 2 * *' }] },
      'budget.windows[0].cron: must be a cron expression of five fields: minute, hour, day, month, weekday',
    ],
    [
      'an impossible hour',
      { windows: [NIGHT, { ...NIGHT, cron: '0 25 * * *' }] },
      'budget.windows[1].cron: must be a cron expression: CronPattern: ',
    ],
    [
      'a duration',
      { windows: [{ ...NIGHT, durationSeconds: 59 }] },
      'budget.windows[0].durationSeconds: must be whole seconds from 60 to 2678400',
    ],
    [
      'a duration in words',
      { windows: [{ ...NIGHT, durationSeconds: '1h' }] },
      'budget.windows[0].durationSeconds: must be whole seconds from 60 to 2678400',
    ],
    [
      'a time zone',
      { windows: [{ ...NIGHT, timeZone: 'Berlin' }] },
      'budget.windows[0].timeZone: must be an IANA time zone such as Europe/Berlin',
    ],
    [
      'an unknown field of a window',
      { windows: [{ ...NIGHT, duration: 5 }] },
      'budget.windows[0]: must not have duration',
    ],
    [
      'a day that is none',
      { freezes: [{ ...CHRISTMAS, to: '2026-12-32' }] },
      'budget.freezes[0].to: must be a date such as 2026-12-24',
    ],
    [
      'a day that never was',
      { freezes: [{ from: '2026-02-29', to: '2026-03-01' }] },
      'budget.freezes[0].from: must be a date',
    ],
    [
      'an end before the start',
      { freezes: [{ ...CHRISTMAS, to: '2026-12-01' }] },
      'budget.freezes[0].to: must not be before from',
    ],
    [
      'a freeze’s time zone',
      { freezes: [{ ...CHRISTMAS, timeZone: '+01:00' }] },
      'budget.freezes[0].timeZone: must be an IANA',
    ],
  ])('%s', (_, written, fault) => {
    const faults = budgetFaults(written, 'cluster');
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  test('a group says nothing of the whole cluster', () => {
    expect(budgetFaults({ cluster: 1 }, 'group')).toEqual(['budget.cluster: is the cluster’s to say, not a group’s']);
  });
});

test('a cluster’s unreadable budgets are told by whose they are', () => {
  const groups = [
    { name: 'fine', budget: { nodes: 2 } },
    { name: 'plain' },
    { name: 'bad', budget: { nodes: 'x', freeze: [] } },
  ];
  expect(unreadableBudgets({ budget: 7, groups })).toEqual([
    { reason: 'budget: must be an object such as { "nodes": 1 }' },
    { group: 'bad', reason: expect.stringMatching(/budget\.nodes: .*; budget: must not have freeze/) as string },
  ]);
});
