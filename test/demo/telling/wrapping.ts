/** Lines for people: broken between words, never in one. */
import stringWidth from 'string-width';

export interface Margins {
  /** Columns of the terminal. */
  readonly width: number;
  /** Columns that stand before the first line already, and before each that follows. */
  readonly first: number;
  readonly next: number;
}

/** The least room that a line has, however narrow the terminal is. */
const LEAST_ROOM = 20;

/** Breaks a text into lines. A word that is longer than a line has one of its own, whole. */
export function wrapWords(text: string, { width, first, next }: Margins): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const room = Math.max(LEAST_ROOM, width - (lines.length === 0 ? first : next));
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || stringWidth(longer) <= room) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Breaks each line of a text; its lines after the first are indented by so many columns. */
export function wrapLines(text: string, width: number, indent = 0): string {
  return text
    .split('\n')
    .map((line) => wrapWords(line, { width, first: 0, next: indent }).join(`\n${' '.repeat(indent)}`))
    .join('\n');
}
