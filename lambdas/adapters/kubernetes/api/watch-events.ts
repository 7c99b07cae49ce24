/** Events of one watch: a line of JSON each. */
import type { KubernetesObject } from '@kubernetes/client-node/dist/types.js';

export interface WatchEvent {
  readonly type: string;
  /** The object; a Status for ERROR. */
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string };
}

/**
 * Whether the initial events are over with this event. A watch without a version first sends what exists as ADDED
 * events, in the order of names and each with its own version, so that no watch can go on from one of them. Servers
 * that stream lists (by default since 1.34) end them with a bookmark; any event that is not ADDED happened after them.
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists)
 */
export function isPastFirst({ type }: WatchEvent): boolean {
  return type !== 'ADDED';
}

/** Splits the stream into events; a chunk may end inside a character. @param alive called with each chunk */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>, alive: () => void): AsyncIterable<WatchEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    alive();
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield JSON.parse(part) as WatchEvent;
  }
}
