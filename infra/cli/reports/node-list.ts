/** List of nodes for people, perhaps thousands: a line each, under headings for what neighbours have in common. */
import stringWidth from 'string-width';
import { fitted, wrapped } from './report-words.ts';

export interface ListedNode {
  /** Texts that it has in common with its neighbours, the widest first. Empty texts are left out. */
  readonly above: readonly string[];
  /** Cells of its line. */
  readonly cells: readonly string[];
}

const STEP = '  ';

/** Indent of the lines of nodes. */
const INDENT = STEP.repeat(2);

/** Least width of a cell. */
const NARROWEST = 8;

/** Returns the lines, in the order of the nodes. @param columns no line is wider */
export function nodeList(nodes: readonly ListedNode[], columns: number): string[] {
  const widths = cellWidths(nodes, columns - INDENT.length);
  let before: readonly string[] = [];
  return nodes.flatMap(({ above, cells }) => {
    const headings = heads(above, before, columns);
    before = above;
    const line = cells.map((cell, index) => fitted(cell, widths[index] ?? 0)).join(STEP);
    return [...headings, `${INDENT}${line}`.trimEnd()];
  });
}

/** Returns the headings from the first level that differs from the line before. */
function heads(above: readonly string[], before: readonly string[], columns: number): string[] {
  const first = above.findIndex((text, level) => text !== before[level]);
  if (first < 0) return [];
  const lines = above.flatMap((text, level) =>
    level < first || text === '' ? [] : wrapped(text, columns, level === 0 ? '' : STEP),
  );
  return first === 0 ? ['', ...lines] : lines;
}

/** Returns the width of each column: that of its widest cell. If they do not fit, the widest column gets narrower. */
function cellWidths(nodes: readonly ListedNode[], available: number): number[] {
  const widths: number[] = [];
  for (const { cells } of nodes) {
    for (const [index, cell] of cells.entries()) widths[index] = Math.max(widths[index] ?? 0, stringWidth(cell));
  }
  const tooMuch = (): number => widths.reduce((sum, width) => sum + width + STEP.length, -STEP.length) - available;
  for (let excess = tooMuch(); excess > 0; excess = tooMuch()) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = Math.max(NARROWEST, widest - excess);
  }
  return widths;
}
