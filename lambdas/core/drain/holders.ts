/** Holders: the blocks that hold a node's pods, in few words for people, those that hold most pods first. Pure. */
import { blockKey, type Blocked } from './blocked.ts';

export interface Holder {
  readonly by: string;
  readonly pods: number;
}

/** Limits of what is named, because the result of a round is kept for the whole life of the run. */
const MOST_HOLDERS = 5;
const LONGEST_WORDS = 120;

export function holdersOf(blocked: readonly Blocked[]): readonly Holder[] {
  const counted = new Map<string, number>();
  for (const { by } of blocked) counted.set(blockKey(by), (counted.get(blockKey(by)) ?? 0) + 1);
  const all = [...counted].map(([by, pods]) => ({ by: cut(by), pods }));
  return all.toSorted((a, b) => b.pods - a.pods).slice(0, MOST_HOLDERS);
}

function cut(words: string): string {
  return words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)}…` : words;
}

/** Names that are reported of what a retirement waits for: enough to act on. */
const MOST_NAMES = 10;

/** Returns the first names, and the number of the others. */
export function firstOf(names: readonly string[]): readonly string[] {
  if (names.length <= MOST_NAMES) return names;
  return [...names.slice(0, MOST_NAMES), `${names.length - MOST_NAMES} more`];
}
