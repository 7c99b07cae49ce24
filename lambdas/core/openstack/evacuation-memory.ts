/** What an evacuation remembers between its passes: plain data, in the order of Nova's ids, and little for each guest. */

/** Facts of one guest that was seen on the host. */
export interface GuestMemory {
  readonly name: string;
  readonly tenant: string;
  /** Failed migrations that have been seen, by Nova's records, and requests that Nova refused. */
  readonly failures?: number;
  readonly refusals?: number;
  /** When the next try is due, epoch milliseconds. */
  readonly retryAt?: number;
  /** Why its last try failed, or why it cannot leave. */
  readonly reason?: string;
  /**
   * Ebb means to migrate it cold. It is kept before the request is sent, because only a migration that Ebb has begun may
   * be confirmed, and a run that dies in between must still know.
   */
  readonly cold?: true;
  /** How it left, once it has. */
  readonly left?: Leaving;
}

/** How a guest left its host. `gone`: its owner deleted it. */
export type Leaving =
  { readonly kind: 'moved'; readonly to: string; readonly reason?: string } | { readonly kind: 'gone' };

export interface EvacuationMemory {
  /** Greatest id of a migration from this host before the evacuation: later ones count as its own tries. */
  readonly after?: number;
  /** Ids of older migrations that were still under way: they are waited for, and never aborted. */
  readonly older?: readonly number[];
  /** Whether Ebb has disabled the service, or somebody else had before. */
  readonly disabledBy?: 'us' | 'others';
  /** Queued migrations were aborted because time was up. */
  readonly aborted?: true;
  readonly guests: Readonly<Record<string, GuestMemory>>;
}

export const NOTHING_EVACUATED: EvacuationMemory = { guests: {} };

/** Most characters of a reason that are kept: Nova's words may be of any length (contract 14.1). */
const LONGEST_REASON = 300;

/** Returns the memory with these facts of a guest changed; one of `undefined` is forgotten. */
export function rememberGuest(
  memory: EvacuationMemory,
  id: string,
  facts: { readonly [Fact in keyof GuestMemory]?: GuestMemory[Fact] | undefined },
): EvacuationMemory {
  const before: GuestMemory | undefined = memory.guests[id];
  const reason = facts.reason === undefined ? {} : { reason: cut(facts.reason) };
  const after = Object.entries({ name: id, tenant: '', ...before, ...facts, ...reason }).filter(
    ([, fact]: [string, unknown]) => fact !== undefined,
  );
  return { ...memory, guests: { ...memory.guests, [id]: Object.fromEntries(after) as unknown as GuestMemory } };
}

function cut(words: string): string {
  return words.length > LONGEST_REASON ? `${words.slice(0, LONGEST_REASON)}…` : words;
}
