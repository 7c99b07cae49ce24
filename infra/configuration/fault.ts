/** Faults of a configuration for people: the field, what it must be, and what was given. */
import { durationSeconds } from './duration.ts';

export interface Fault {
  readonly path: readonly PropertyKey[];
  /** What the field must be, or what is wrong with it. */
  readonly words: string;
}

/** The configuration is wrong. The message has every fault: its field, and what that must be. */
export class WrongConfiguration extends Error {
  override readonly name = 'WrongConfiguration';

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
}

const COLLATOR = new Intl.Collator('en', { numeric: true });

/** Returns a line for each fault, sorted by field: `ebb.clusters[0].name: …`. */
export function faultLines(faults: readonly Fault[]): string[] {
  const lines = faults.map(({ path, words }) => [fieldName(path), words] as const);
  const sorted = lines.toSorted(([one], [other]) => COLLATOR.compare(one, other));
  return [...new Set(sorted.map(([field, words]) => `${field}: ${words}`))];
}

export function fieldName(path: readonly PropertyKey[]): string {
  return `ebb${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')}`;
}

/** Names of fields whose values are not printed: a person may have written the secret itself. */
const SECRETIVE = /secret|password/i;

/** Returns the fault of a value, with the value. @param message such as `must be true or false` */
export function wordsOnValue(path: readonly PropertyKey[], message: string, value: unknown): string {
  if (value === undefined) return `is missing; it ${message}`;
  if (path.some((part) => SECRETIVE.test(String(part)))) return message;
  const seconds = typeof value === 'string' && message.includes('whole seconds') ? durationSeconds(value) : undefined;
  return `${message} (given: ${shown(value)}${seconds === undefined ? '' : `, which is ${seconds}`})`;
}

/** The most characters of a value that are printed. */
const MOST_SHOWN = 60;

function shown(value: unknown): string {
  const written = JSON.stringify(value);
  return written.length <= MOST_SHOWN ? written : `${written.slice(0, MOST_SHOWN)}…`;
}
