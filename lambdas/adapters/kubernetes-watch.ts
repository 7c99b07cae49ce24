/**
 * A watched collection: listed once, then kept current by a watch that survives what watches die of (expired versions,
 * resets, stalls, the server's own time limit). The library's Watch cannot be used here: it needs a kubeconfig, swallows
 * what its callback throws, and knows neither bookmarks nor stalls.
 */
import type { KubernetesObject } from '@kubernetes/client-node/dist/types.js';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { ClusterRefused } from '../core/cluster-error.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { clusterErrorOf } from './kubernetes-status.ts';

export interface WatchSource<Item> {
  /** The collection's path, for example `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /**
   * `list`: complete from the start, two requests. `watch`: one request, whose first events bring what there is, with no
   * word on when that is all; for whoever may count too few at first.
   */
  readonly start: 'list' | 'watch';
  /** @param previous the item of the same uid as it was known before */
  read(object: KubernetesObject, previous: Item | undefined): Item;
}

export interface WatchedCollection<Item> {
  readonly items: ReadonlyMap<string, Item>;
  /** Lists again, consistently. */
  relist(): Promise<void>;
  close(): void;
}

interface WatchListener {
  changed(): void;
  failed(error: Error): void;
}

const PAGE = '500';

/** The server ends the watch itself after this, seconds: a little less than it would by its own choice. */
const SERVER_TIMEOUT_SECONDS = '290';

/** A server sends bookmarks every minute; a watch that is silent for longer is dead (faults.md 40). */
const STALL_MS = 65_000;

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** Of a watch that ends sooner the next one waits as long. */
const SHORTEST_WATCH_MS = 1_000;

/** The version that we know is too old to go on from: list again. */
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
  readonly #connection: KubernetesConnection;
  readonly #source: WatchSource<Item>;
  readonly #listener: WatchListener;
  readonly #closing = new AbortController();
  #version: string | undefined;
  /** What the watch tells while a list is read: the list may be older than that. */
  readonly #meanwhile = new Set<WatchEvent[]>();

  constructor(connection: KubernetesConnection, source: WatchSource<Item>, listener: WatchListener) {
    this.#connection = connection;
    this.#source = source;
    this.#listener = listener;
  }

  async relist(): Promise<void> {
    const told: WatchEvent[] = [];
    this.#meanwhile.add(told);
    try {
      // A list whose pages expired while they were read is begun anew, once.
      const { found, version } = await this.#list().catch((error: unknown) => {
        if (error instanceof ApiException && error.code === 410) return this.#list();
        throw error;
      });
      this.items = found;
      this.#version = version;
    } finally {
      this.#meanwhile.delete(told);
    }
    for (const event of told) this.#apply(event);
    this.#listener.changed();
  }

  async #list(): Promise<{ found: Map<string, Item>; version: string | undefined }> {
    const found = new Map<string, Item>();
    let page: ListPage | undefined;
    do {
      page = await this.#page(page?.metadata.continue ?? '');
      for (const object of page.items) this.#put(found, object);
    } while ((page.metadata.continue ?? '') !== '');
    // All pages share the version that the watch goes on from.
    return { found, version: page.metadata.resourceVersion };
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
        // A server that ends watches at once is in trouble already: it is not besieged.
        if (Date.now() - opened < SHORTEST_WATCH_MS) await this.#pause(SHORTEST_WATCH_MS);
      } catch (cause) {
        const error = clusterErrorOf(cause);
        if (this.#isClosed()) return;
        if (error instanceof ClusterRefused) {
          this.#listener.failed(error);
          return;
        }
        if (error instanceof Expired) this.#version = undefined;
        // The first expiry is answered at once.
        if (!(error instanceof Expired) || failures > 0) {
          await this.#pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures));
        }
        failures += 1;
      }
    }
  }

  async #page(next: string): Promise<ListPage> {
    const query = { ...this.#source.query, limit: PAGE, ...(next !== '' && { continue: next }) };
    try {
      return (await this.#connection.read(this.#source.path, query)) as ListPage;
    } catch (error) {
      throw clusterErrorOf(error);
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
    if (this.#version === undefined) this.items = new Map();
    let timer = setTimeout(() => undefined, 0);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stall.abort();
      }, STALL_MS);
    };
    try {
      alive();
      for await (const line of lines(await this.#open(query, stopped), alive))
        this.#take(JSON.parse(line) as WatchEvent);
    } catch (error) {
      // A stalled watch is opened again from the version that it had reached.
      if (!stall.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
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

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      if (object.code === 410) throw new Expired();
      throw new Error(`the watch of ${this.#source.path} ended: ${object.message ?? 'no reason given'}`);
    }
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (type === 'BOOKMARK') return;
    this.#apply({ type, object });
    for (const told of this.#meanwhile) told.push({ type, object });
    this.#listener.changed();
  }

  #apply({ type, object }: WatchEvent): void {
    if (type === 'DELETED') this.items.delete(object.metadata?.uid ?? '');
    else this.#put(this.items, object);
  }

  #put(into: Map<string, Item>, object: KubernetesObject): void {
    const uid = object.metadata?.uid ?? '';
    into.set(uid, this.#source.read(object, this.items.get(uid)));
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

interface ListPage {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly KubernetesObject[];
}

interface WatchEvent {
  readonly type: string;
  /** A Status for ERROR. */
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string };
}

/** Splits the stream into lines; a chunk may end inside a character. */
async function* lines(stream: AsyncIterable<Uint8Array>, alive: () => void): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    alive();
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}
