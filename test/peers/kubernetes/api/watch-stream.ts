/** One open watch: what happened since its version, then what happens, as lines of JSON. */
import type { ServerResponse } from 'node:http';

import type { DrivenClock, DrivenTimer } from '../../clock.ts';
import type { Effect } from './faults.ts';
import { byKey, predicate } from './listing.ts';
import type { KubeObject } from '../storage/objects.ts';
import type { Projection } from './projection.ts';
import type { RequestInfo } from './request-info.ts';
import { apiVersionOf, type Resource } from '../storage/resources.ts';
import { expiredVersion } from './status.ts';
import type { Change, ObjectStore } from '../storage/store.ts';

/** What a watch needs of its request. */
export interface WatchRequest {
  readonly resource: Resource;
  readonly request: RequestInfo;
  readonly projection: Projection;
  readonly effect: Effect | undefined;
  /** Whether the server says when the first events are over. */
  readonly streamsLists: boolean;
}

/** Without timeoutSeconds a watch ends after 30 to 60 minutes, as `--min-request-timeout` says. */
const MIN_TIMEOUT_SECONDS = 1800;
const BOOKMARK_MILLISECONDS = 60_000;

/** What a bookmark has besides its metadata, as recorded. */
const EMPTY_PARTS: Readonly<Record<string, object>> = { Pod: { spec: { containers: null }, status: {} } };

export class WatchStream {
  readonly resource: Resource;
  readonly #outgoing: ServerResponse;
  readonly #store: ObjectStore;
  readonly #ask: WatchRequest;
  readonly #selects: (object: KubeObject) => boolean;
  readonly #timers: DrivenTimer[] = [];
  #unsubscribe: () => void = () => undefined;
  /** Bytes that are still to be dripped, the one that is under way first. */
  readonly #drops: number[] = [];
  #sent = 0;
  #stalled: boolean;

  constructor(store: ObjectStore, outgoing: ServerResponse, ask: WatchRequest) {
    this.resource = ask.resource;
    this.#store = store;
    this.#outgoing = outgoing;
    this.#ask = ask;
    this.#selects = predicate(ask.resource, ask.request);
    this.#stalled = ask.effect?.kind === 'stallWatch';
  }

  /** Sends what is due and follows the store until the timeout, the client or a fault ends it. */
  start(clock: DrivenClock, ended: () => void): void {
    this.#outgoing.flushHeaders();
    this.#outgoing.on('close', () => {
      this.#unsubscribe();
      for (const timer of this.#timers) timer.cancel();
      ended();
    });
    if (this.#ask.effect?.kind === 'cutWatch' && this.#ask.effect.afterEvents === 0) {
      this.cut();
    } else if (this.#ask.effect?.kind === 'expireWatch') {
      this.expire();
    } else if (this.#catchUp()) {
      this.#unsubscribe = this.#store.onChange((change) => {
        this.#follow(change);
      });
      this.#setTimers(clock);
    }
  }

  /** From now on it stays open and says nothing. */
  stall(): void {
    this.#stalled = true;
  }

  /** Cuts the connection, as a load balancer or an API server that dies does. */
  cut(): void {
    this.#outgoing.socket?.destroy();
  }

  /** Ends with the ERROR event of a version that is too old. */
  expire(): void {
    const version = Number(this.#version);
    this.#send('ERROR', expiredVersion(version, this.#store.version).status);
    this.#outgoing.end();
  }

  get #version(): string {
    return this.#ask.request.query.get('resourceVersion') ?? '';
  }

  /** Sends the past; false when the watch ended because the past is no longer there. */
  #catchUp(): boolean {
    const { query } = this.#ask.request;
    const initial = query.get('sendInitialEvents') === 'true';
    if (initial || this.#version === '' || this.#version === '0') {
      const there = byKey(this.resource, this.#store.list(this.resource)).filter(this.#selects);
      for (const object of there) this.#event('ADDED', object);
      if (this.#endsFirstEvents) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      return true;
    }
    const changes = this.#store.since(this.resource, Number(this.#version));
    if (changes === undefined) {
      this.expire();
      return false;
    }
    for (const change of changes) this.#follow(change);
    return true;
  }

  /** With WatchList (on by default since 1.34) to everybody who takes bookmarks, asked for or not. */
  get #endsFirstEvents(): boolean {
    return this.#ask.streamsLists && this.#ask.request.query.get('allowWatchBookmarks') === 'true';
  }

  /** The change as this watch sees it: what enters the selection is added, what leaves it deleted. */
  #follow({ type, resource, object, previous, version }: Change): void {
    if (resource !== this.resource) return;
    const was = previous !== undefined && this.#selects(previous);
    const is = type !== 'DELETED' && this.#selects(object);
    if (is) {
      this.#event(was ? 'MODIFIED' : 'ADDED', object);
    } else if (was) {
      // The last state that the selection had, under the version of the change.
      const last = type === 'DELETED' ? object : previous;
      this.#event('DELETED', { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } });
    }
  }

  #event(type: string, object: KubeObject): void {
    this.#send(type, this.#ask.projection.one(object));
    this.#sent += 1;
    const { effect } = this.#ask;
    if (effect?.kind !== 'cutWatch' || this.#sent < effect.afterEvents) return;
    this.stall();
    // What was written has to leave before the connection does.
    this.#outgoing.write('', () => {
      this.cut();
    });
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { kind } = this.resource;
    const marks = annotations === undefined ? {} : { annotations };
    const metadata = { resourceVersion: String(this.#store.version), ...marks };
    const object = { kind, apiVersion: apiVersionOf(this.resource), metadata, ...EMPTY_PARTS[kind] };
    this.#send('BOOKMARK', this.#ask.projection.one(object as unknown as KubeObject));
  }

  #send(type: string, object: object): void {
    if (this.#stalled || this.#outgoing.writableEnded || this.#outgoing.destroyed) return;
    const line = Buffer.from(`${JSON.stringify({ type, object })}\n`);
    if (this.#ask.effect?.kind !== 'dripWatch') {
      this.#outgoing.write(line);
      return;
    }
    if (this.#drops.push(...line) === line.length) this.#drip();
  }

  /** One byte per turn of the event loop, so that each travels alone. */
  #drip(): void {
    const byte = this.#drops[0];
    if (byte === undefined || this.#outgoing.writableEnded || this.#outgoing.destroyed) return;
    this.#outgoing.write(Buffer.of(byte));
    setImmediate(() => {
      this.#drops.shift();
      this.#drip();
    });
  }

  #setTimers(clock: DrivenClock): void {
    const { query } = this.#ask.request;
    const bookmarks = query.get('allowWatchBookmarks') === 'true';
    const seconds = Number(query.get('timeoutSeconds') ?? '0') || MIN_TIMEOUT_SECONDS * (1 + Math.random());
    const end = clock.after(seconds * 1000, () => {
      if (bookmarks) this.#bookmark();
      if (!this.#stalled) this.#outgoing.end();
    });
    this.#timers.push(end);
    if (!bookmarks) return;
    const mark: DrivenTimer = clock.after(BOOKMARK_MILLISECONDS, () => {
      this.#bookmark();
      mark.refresh();
    });
    this.#timers.push(mark);
  }
}
