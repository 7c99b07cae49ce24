/** What holds the pods of a node, for people: the blocks in few words, those that hold most pods first. Pure. */
import { blockKey, type Blocked } from './blocked.ts';

export interface Holder {
  readonly by: string;
  readonly pods: number;
}

/** A turn is kept for as long as the run lives, so of many holders few are named, and each in few words. */
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

/** So many names are told of what is waited for: enough to act on. */
const MOST_NAMES = 10;

/** The first of the names, and how many more there are. */
export function firstOf(names: readonly string[]): readonly string[] {
  if (names.length <= MOST_NAMES) return names;
  return [...names.slice(0, MOST_NAMES), `${names.length - MOST_NAMES} more`];
}
