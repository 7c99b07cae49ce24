/** A table without lines, as narrow as its cells allow: it fits a terminal of 80 columns where one with lines does not. */
import Table from 'cli-table3';

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
}

export type Cell = string | number | { readonly content: string; readonly colSpan: number };

/** No lines, and two columns between the cells. */
const CHARS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'mid-mid', 'right-mid']
    .flatMap((part) =>
      part === 'top' || part === 'bottom' ? [part, `${part}-mid`, `${part}-left`, `${part}-right`] : [part],
    )
    .map((part) => [part, '']),
);

export function plainTable(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    chars: { ...CHARS, middle: '  ' },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) {
    table.push(row.map((cell) => (typeof cell === 'object' ? { ...cell, hAlign: 'left' as const } : cell)));
  }
  const lines = table.toString().split('\n');
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Columns of figures. */
export function rights(...heads: readonly string[]): Column[] {
  return heads.map((head) => ({ head, align: 'right' }));
}

export function lefts(...heads: readonly string[]): Column[] {
  return heads.map((head) => ({ head, align: 'left' }));
}
