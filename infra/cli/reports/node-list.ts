/** Nodes for people, perhaps thousands: a line for each, and what neighbours have in common told once, above them. */
import stringWidth from 'string-width';
import { fitted, wrapped } from './report-words.ts';

export interface ListedNode {
  /** What it has in common with its neighbours, the widest first; what is empty is not told. */
  readonly above: readonly string[];
  /** Its line. */
  readonly cells: readonly string[];
}

const STEP = '  ';

/** Of the nodes' lines; what they have in common stands before it. */
const INDENT = STEP.repeat(2);

/** A cell is not cut to less than this. */
const NARROWEST = 8;

/** The lines, in the order of the nodes. @param columns no line is wider */
export function nodeList(nodes: readonly ListedNode[], columns: number): string[] {
  const widths = cellWidths(nodes, columns - INDENT.length);
  let before: readonly string[] = [];
  return nodes.flatMap(({ above, cells }) => {
    const told = heads(above, before, columns);
    before = above;
    const line = cells.map((cell, index) => fitted(cell, widths[index] ?? 0)).join(STEP);
    return [...told, `${INDENT}${line}`.trimEnd()];
  });
}

/** From the first level on that is not the neighbour's. */
function heads(above: readonly string[], before: readonly string[], columns: number): string[] {
  const first = above.findIndex((text, level) => text !== before[level]);
  if (first < 0) return [];
  const lines = above.flatMap((text, level) =>
    level < first || text === '' ? [] : wrapped(text, columns, level === 0 ? '' : STEP),
  );
  return first === 0 ? ['', ...lines] : lines;
}

/** As wide as the widest, until they do not fit side by side: then the widest gives way. */
function cellWidths(nodes: readonly ListedNode[], allowance: number): number[] {
  const widths: number[] = [];
  for (const { cells } of nodes) {
    for (const [index, cell] of cells.entries()) widths[index] = Math.max(widths[index] ?? 0, stringWidth(cell));
  }
  const tooMuch = (): number => widths.reduce((sum, width) => sum + width + STEP.length, -STEP.length) - allowance;
  for (let excess = tooMuch(); excess > 0; excess = tooMuch()) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = Math.max(NARROWEST, widest - excess);
  }
  return widths;
}
