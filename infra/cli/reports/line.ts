/** A line of a report: its tone, its text, and what stands below it. */
export type Tone = 'good' | 'wait' | 'plain' | 'quiet';

export interface Line {
  readonly tone: Tone;
  /** What was done, in a column of its own. */
  readonly verb?: string;
  readonly text: string;
  /** Below the text. */
  readonly detail?: string | undefined;
}

const line =
  (tone: Tone) =>
  (text: string): Line => ({ tone, text });
export const plain = line('plain');
export const quiet = line('quiet');
export const wait = line('wait');
export const good = line('good');

export function verb(tone: Tone, done: string, text: string, detail?: string): Line {
  return { tone, verb: done, text, detail };
}
