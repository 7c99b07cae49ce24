/** What happened to each instance in Auto Scaling, for tests to assert on. */
import type { HookResult, Transition } from './group.ts';

export type Event =
  | { readonly kind: 'state'; readonly from: string | undefined; readonly state: string }
  | {
      readonly kind: 'hook-started';
      readonly hook: string;
      readonly token: string;
      readonly transition: Transition;
      /** When the hook gives up unless a heartbeat comes, in epoch milliseconds. */
      readonly deadline: number;
    }
  | {
      readonly kind: 'heartbeat';
      readonly hook: string;
      readonly token: string;
      /** The deadline that it met and the one that it set. */
      readonly before: number;
      readonly deadline: number;
      readonly function: string | undefined;
    }
  | {
      readonly kind: 'completion';
      readonly hook: string;
      readonly token: string;
      readonly result: HookResult;
      /** `abandoned`: another hook's ABANDON ended this one too. */
      readonly by: 'call' | 'timeout' | 'abandoned';
      readonly function: string | undefined;
    };

export type HistoryEntry = Event & { readonly at: number };

export class History {
  readonly #entries = new Map<string, HistoryEntry[]>();

  add(instanceId: string, at: number, event: Event): void {
    const entries = this.#entries.get(instanceId) ?? [];
    this.#entries.set(instanceId, entries);
    entries.push({ ...event, at });
  }

  of(instanceId: string): readonly HistoryEntry[] {
    return this.#entries.get(instanceId) ?? [];
  }
}
