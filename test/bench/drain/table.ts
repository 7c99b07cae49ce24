/** The bench's rows for people, within 80 columns. */
import cliTruncate from 'cli-truncate';
import { lefts, plainTable, rights, type Cell } from '../../command/plain-table.ts';
import type { OwnMeasurement } from '../own-cluster/own-measurement.ts';
import type { Figures, Measurement } from './drain-case.ts';

const FIGURES = ['seconds', 'requests', '429', 'lowest', 'broken'];

const LEGEND = [
  '',
  'budget: maxUnavailable of each Deployment. 429: evictions that a budget refused.',
  'lowest: fewest Ready pods of a Deployment, of 10. broken: falls below a budget.',
].join('\n');

/** Columns for a reason in place of the figures: as wide as their heads. */
const FAULT_COLUMNS = 34;

export function peerTable(rows: readonly Measurement[]): string {
  return tableOf(
    'stop s',
    rows.map((row) => [row.pods, row.shutdownSeconds, row.budgets, row.drainer, ...figures(row)]),
  );
}

/** `others` are evictable pods on the node that are not the bench's. */
export function ownTable(rows: readonly OwnMeasurement[]): string {
  return tableOf(
    'others',
    rows.map((row) => {
      const { pods, budgets, drainer } = row;
      if (!('fault' in row)) return [pods, row.others, budgets, drainer, ...figures(row)];
      const fault = { content: cliTruncate(row.fault, FAULT_COLUMNS), colSpan: FIGURES.length };
      return [pods, '', budgets, drainer, fault];
    }),
  );
}

function tableOf(second: string, rows: readonly (readonly Cell[])[]): string {
  const columns = [...rights('pods', second), ...lefts('budget', 'drainer'), ...rights(...FIGURES)];
  return `${plainTable(columns, rows)}\n${LEGEND}`;
}

function figures({ seconds, requests, refused, lowestReady, violations }: Figures): (string | number)[] {
  return [seconds.toFixed(1), requests, refused, lowestReady, violations];
}
