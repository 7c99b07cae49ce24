/**
 * A watched collection: listed once, then kept current by a watch that survives expired versions, resets, stalls and
 * the server's own time limit. The library's Watch cannot be used here: it needs a kubeconfig, swallows what its
 * callback throws, and knows neither bookmarks nor stalls.
 */
import type { KubernetesObject } from '@kubernetes/client-node/dist/types.js';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { ClusterRefused } from '../../../core/kubernetes/cluster-error.ts';
import type { KubernetesConnection } from './connection.ts';
import { listWhole, type CollectionPlace } from './list.ts';
import { clusterErrorOf } from './status.ts';
import { eventsOf, isPastFirst, type WatchEvent } from './watch-events.ts';
import { Silence } from './silence.ts';

export interface WatchSource<Item> extends CollectionPlace {
  /** `list`: complete from the start, two requests. `watch`: one request, whose initial events bring what exists. */
  readonly start: 'list' | 'watch';
  /** Whether no more initial events will come, for servers that do not say when they are over. */
  isWhole?(items: ReadonlyMap<string, Item>): boolean;
  /** @param previous the item of the same uid, as last known */
  read(object: KubernetesObject, previous: Item | undefined): Item;
}

export interface WatchedCollection<Item> {
  /** All items, never a part of them: empty until all have come, and the previous ones while they come anew. */
  readonly items: ReadonlyMap<string, Item>;
  /** Whether all items have come once. */
  readonly isComplete: boolean;
  /** Lists again, consistently. */
  relist(): Promise<void>;
  close(): void;
}

interface WatchListener {
  changed(): void;
  failed(error: Error): void;
}

/** Seconds after which the server ends the watch: a little less than its own limit. */
const SERVER_TIMEOUT_SECONDS = '290';

/** Silence after which a watch is dead, milliseconds: servers send bookmarks every minute (faults 40). */
const STALL_MS = 65_000;

/** Silence after which the initial events count as over, milliseconds, for a server that does not say so. */
const FIRST_EVENTS_SETTLE_MS = 500;
/** The same when no event has come, milliseconds: there may be nothing, or the server is slow. */
const NO_EVENTS_SETTLE_MS = 5_000;

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** Shortest watch, milliseconds. After a shorter one, the next waits this long. */
const SHORTEST_WATCH_MS = 1_000;

/** The known version is too old to go on from: list again. */
class Expired extends Error {}

/** @throws ClusterAway, ClusterRefused when the first list fails */
export async function watch<Item>(
  connection: KubernetesConnection,
  source: WatchSource<Item>,
  listener: WatchListener,
): Promise<WatchedCollection<Item>> {
  const collection = new Collection(connection, source, listener);
  if (source.start === 'list') await collection.relist();
  void collection.follow();
  return collection;
}

class Collection<Item> implements WatchedCollection<Item> {
  items = new Map<string, Item>();
  isComplete = false;
  readonly #connection: KubernetesConnection;
  readonly #source: WatchSource<Item>;
  readonly #listener: WatchListener;
  readonly #closing = new AbortController();
  /** Version to go on from; undefined when all items have to come anew. */
  #version: string | undefined;
  /** Items that the initial events of a watch without a version have brought, until these are over. */
  #arriving: Map<string, Item> | undefined;
  /** Events that came while a list is read: the list may be older than they are. */
  readonly #meanwhile = new Set<WatchEvent[]>();

  constructor(connection: KubernetesConnection, source: WatchSource<Item>, listener: WatchListener) {
    this.#connection = connection;
    this.#source = source;
    this.#listener = listener;
  }

  async relist(): Promise<void> {
    const missed: WatchEvent[] = [];
    this.#meanwhile.add(missed);
    try {
      const { kept, version } = await listWhole(this.#connection, this.#source, (object) => this.#entry(object));
      this.#replaceBy(new Map(kept));
      this.#version = version;
    } finally {
      this.#meanwhile.delete(missed);
    }
    for (const event of missed) this.#apply(event);
    this.#listener.changed();
  }

  close(): void {
    this.#closing.abort();
  }

  /** Watches until closed or refused. */
  async follow(): Promise<void> {
    for (let failures = 0; !this.#isClosed();) {
      try {
        if (this.#version === undefined && this.#source.start === 'list') await this.relist();
        const opened = Date.now();
        await this.#stream();
        failures = 0;
        // A server that ends watches at once is in trouble: it gets a pause.
        if (Date.now() - opened < SHORTEST_WATCH_MS) await this.#pause(SHORTEST_WATCH_MS);
      } catch (cause) {
        const error = clusterErrorOf(cause);
        if (this.#isClosed()) return;
        if (error instanceof ClusterRefused) {
          this.#listener.failed(error);
          return;
        }
        if (error instanceof Expired) this.#version = undefined;
        // The first expiry is followed by a new list at once.
        if (!(error instanceof Expired) || failures > 0) {
          await this.#pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures));
        }
        failures += 1;
      }
    }
  }

  async #stream(): Promise<void> {
    const stall = new AbortController();
    const stopped = AbortSignal.any([stall.signal, this.#closing.signal]);
    const query = {
      ...this.#source.query,
      allowWatchBookmarks: 'true',
      timeoutSeconds: SERVER_TIMEOUT_SECONDS,
      ...(this.#version !== undefined && { resourceVersion: this.#version }),
    };
    const silence = new Silence();
    const settle = new Silence();
    const alive = (): void => {
      silence.wait(STALL_MS, () => {
        stall.abort();
      });
    };
    const awaitSettling = (): void => {
      if (this.#arriving === undefined) return;
      settle.wait(this.#arriving.size === 0 ? NO_EVENTS_SETTLE_MS : FIRST_EVENTS_SETTLE_MS, () => {
        this.#haveArrived();
      });
    };
    try {
      alive();
      const stream = await this.#open(query, stopped);
      if (this.#version === undefined) this.#arriving = new Map();
      awaitSettling();
      for await (const event of eventsOf(stream, alive)) {
        this.#take(event);
        awaitSettling();
      }
    } catch (error) {
      // A stalled watch is opened again from its last version.
      if (!stall.signal.aborted) throw error;
    } finally {
      silence.end();
      settle.end();
      this.#arriving = undefined;
    }
  }

  async #open(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    try {
      return await this.#connection.stream(this.#source.path, query, signal);
    } catch (error) {
      if (error instanceof ApiException && error.code === 410) throw new Expired();
      throw error;
    }
  }

  #take(event: WatchEvent): void {
    const { type, object } = event;
    if (type === 'ERROR') {
      if (object.code === 410) throw new Expired();
      throw new Error(`the watch of ${this.#source.path} ended: ${object.message ?? 'no reason given'}`);
    }
    // A watch that breaks among its initial events has no version to go on from.
    if (this.#version !== undefined || isPastFirst(event))
      this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (type !== 'BOOKMARK') this.#apply(event);
    const arriving = this.#arriving;
    if (arriving !== undefined) {
      if (isPastFirst(event) || this.#source.isWhole?.(arriving) === true) this.#haveArrived();
    } else if (type !== 'BOOKMARK') {
      for (const missed of this.#meanwhile) missed.push(event);
      this.#listener.changed();
    }
  }

  #apply({ type, object }: WatchEvent): void {
    const items = this.#arriving ?? this.items;
    if (type === 'DELETED') items.delete(object.metadata?.uid ?? '');
    else items.set(...this.#entry(object, items));
  }

  #entry(object: KubernetesObject, known: ReadonlyMap<string, Item> = this.items): [string, Item] {
    const uid = object.metadata?.uid ?? '';
    return [uid, this.#source.read(object, known.get(uid) ?? this.items.get(uid))];
  }

  #haveArrived(): void {
    if (this.#arriving === undefined) return;
    this.#replaceBy(this.#arriving);
    this.#listener.changed();
  }

  #replaceBy(whole: Map<string, Item>): void {
    this.items = whole;
    this.isComplete = true;
    this.#arriving = undefined;
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds * (0.5 + Math.random()));
      this.#closing.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
