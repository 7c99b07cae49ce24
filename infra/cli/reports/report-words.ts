/** How reports for people count, tell times and break lines. */
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

/** The text in lines of at most `columns`, each behind `indent`; a word that is longer is broken. */
export function wrapped(text: string, columns: number, indent = ''): string[] {
  const allowance = Math.max(1, columns - indent.length);
  const lines = [''];
  for (const word of text.split(/\s+/).flatMap((long) => broken(long, allowance))) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= allowance) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => `${indent}${line}`);
}

function broken(word: string, allowance: number): readonly string[] {
  return word.match(new RegExp(`.{1,${allowance}}`, 'gsu')) ?? [];
}

/** Cut in its middle, where names differ least, or filled to a width. */
export function fitted(text: string, width: number): string {
  const missing = width - stringWidth(text);
  return missing >= 0 ? text + ' '.repeat(missing) : cliTruncate(text, width, { position: 'middle' });
}
