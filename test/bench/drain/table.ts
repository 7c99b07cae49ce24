/** The bench's rows for people. */
import Table from 'cli-table3';
import cliTruncate from 'cli-truncate';
import type { Figures, Measurement } from './drain-case.ts';
import type { OwnMeasurement } from '../own-cluster/own-measurement.ts';

const FIGURES = ['seconds', 'requests', '429', 'lowest Ready of 10', 'violations'];

/** About as wide as the figures are. */
const FAULT_COLUMNS = 56;

export function peerTable(rows: readonly Measurement[]): string {
  const table = started('shutdown');
  for (const row of rows) {
    const { pods, shutdownSeconds, budgets, drainer } = row;
    table.push([pods, `${shutdownSeconds} s`, budgetWords(budgets), drainer, ...figures(row)]);
  }
  return table.toString();
}

/** `others` are evictable pods on the node that are not the bench's. */
export function ownTable(rows: readonly OwnMeasurement[]): string {
  const table = started('others');
  for (const row of rows) {
    const { pods, budgets, drainer } = row;
    if ('fault' in row) {
      table.push([
        pods,
        '',
        budgetWords(budgets),
        drainer,
        { content: cliTruncate(row.fault, FAULT_COLUMNS), colSpan: FIGURES.length, hAlign: 'left' },
      ]);
    } else {
      table.push([pods, row.others, budgetWords(budgets), drainer, ...figures(row)]);
    }
  }
  return table.toString();
}

function started(second: string) {
  return new Table({
    head: ['pods', second, 'budget', 'drainer', ...FIGURES],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'right', 'left', 'left', ...FIGURES.map(() => 'right' as const)],
  });
}

function figures({ seconds, requests, refused, lowestReady, violations }: Figures): (string | number)[] {
  return [seconds.toFixed(1), requests, refused, lowestReady, violations];
}

function budgetWords(budgets: string): string {
  return budgets === 'none' ? 'none' : `maxUnavailable ${budgets}`;
}
