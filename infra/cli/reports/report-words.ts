/** Words of reports for people: counts, times and line breaks. */
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

const UTC = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});

/** `Sat 28 Nov 2026 02:00 UTC`. @param at epoch milliseconds */
export function utc(at: number): string {
  return `${UTC.format(at).replaceAll(',', '')} UTC`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `one`, `one and another`, `one, another and a third`. */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** Breaks the text into lines of at most `columns`, each after `indent`. Longer words are broken. */
export function wrapped(text: string, columns: number, indent = ''): string[] {
  const width = Math.max(1, columns - indent.length);
  const lines = [''];
  for (const word of text.split(/\s+/).flatMap((long) => broken(long, width))) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}${line}`);
}

function broken(word: string, width: number): readonly string[] {
  return word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [];
}

/** Fits a text to a width: fills it up, or cuts it in the middle, where names differ least. */
export function fitted(text: string, width: number): string {
  const missing = width - stringWidth(text);
  return missing >= 0 ? text + ' '.repeat(missing) : cliTruncate(text, width, { position: 'middle' });
}

/** A node's name without the domain that all of them share; what is longer than `width` loses its front: `…-10-0-1-23`. */
export function nodeName(node: string, width = Infinity): string {
  const [short = node] = node.split('.');
  return short.length <= width ? short : `…${short.slice(short.length - width + 1)}`;
}

/** `3 h 12 min`, `45 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
