/** One line of the story: the time, whose it is, what was done, and the rest below each other in one column. */
import type { Line } from '../../../infra/cli/reports/line.ts';
import { wrapWords } from './wrapping.ts';

export interface StoryPlace {
  /** Since the story began. */
  readonly seconds: number;
  /** The node's name; undefined where one node retires alone. */
  readonly whose: string | undefined;
  /** Columns of the terminal. */
  readonly width: number;
}

const TIME_COLUMNS = 9;
const VERB_COLUMNS = 9;

/** @param paint colours a part of a line */
export function storyLine(
  { verb, text, detail }: Line,
  { seconds, whose, width }: StoryPlace,
  paint: (text: string) => string,
): string {
  const time = `${`+${seconds.toFixed(1)} s`.padStart(TIME_COLUMNS)}  `;
  const name = whose === undefined ? '' : `${whose}  `;
  const done = verb === undefined ? '' : verb.padEnd(VERB_COLUMNS);
  const first = time.length + name.length + done.length;
  // What has no verb is a sentence: the rest of it stands a little to the right.
  const next = first + (verb === undefined ? 2 : 0);
  const [head = '', ...tail] = [
    ...wrapWords(text, { width, first, next }),
    ...(detail === undefined ? [] : wrapWords(detail, { width, first: next, next })),
  ];
  return [`${time}${paint(`${name}${done}${head}`)}`, ...tail.map((rest) => `${' '.repeat(next)}${paint(rest)}`)].join(
    '\n',
  );
}
