/** Lists: selectors, paging by continue tokens over a kept snapshot, and the server's stale view for version "0". */
import type { DrivenClock, DrivenTimer } from '../../clock.ts';
import type { KubeObject } from '../storage/objects.ts';
import type { RequestInfo } from './request-info.ts';
import type { Projection } from './projection.ts';
import { apiVersionOf, type Resource } from '../storage/resources.ts';
import { fieldPredicate, labelPredicate } from './selectors.ts';
import { badRequest, expiredContinue, futureVersion, invalidOptions } from './status.ts';
import { keyText, type ObjectStore } from '../storage/store.ts';

interface Snapshot {
  readonly version: number;
  readonly objects: readonly KubeObject[];
}

interface Token {
  v: 'meta.k8s.io/v1';
  /** -1 continues in the present state. */
  rv: number;
  /** The key of the last object that was sent. */
  start: string;
}

/** How long the server can continue a list; the etcd default compacts every 5 minutes. */
const CONTINUE_MILLISECONDS = 300_000;

export class Listing {
  readonly #store: ObjectStore;
  readonly #clock: DrivenClock;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #expiries = new Set<DrivenTimer>();
  readonly #stale = new Map<Resource, Snapshot>();

  constructor(store: ObjectStore, clock: DrivenClock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The list document that a request asks for. */
  answer(resource: Resource, { query, namespace }: RequestInfo, projection: Projection): object {
    checkOptions(query);
    const limit = Number(query.get('limit') ?? '0');
    const token = parseToken(query.get('continue'));
    const snapshot = this.#snapshot(resource, query, token);
    const selects = predicate(resource, { query, namespace });
    const all = snapshot.objects.filter(selects).filter((object) => keyText(resource, object.metadata) > token.start);
    const page = limit > 0 ? all.slice(0, limit) : all;
    const more = all.length > page.length ? this.#more(resource, snapshot, page) : {};
    const selected = query.has('labelSelector') || query.has('fieldSelector');
    const remaining = all.length > page.length && !selected ? { remainingItemCount: all.length - page.length } : {};
    const names = projection.list ?? { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
    const metadata = { resourceVersion: String(snapshot.version), ...more, ...remaining };
    return { ...names, metadata, items: page.map(projection.item) };
  }

  /** Makes lists with resourceVersion "0" answer the state of now, as a cache that lags does, until the undo is called. */
  holdStale(resource: Resource): () => void {
    this.#stale.set(resource, this.#present(resource));
    return () => this.#stale.delete(resource);
  }

  /** Drops the kept states and their timers. */
  stop(): void {
    for (const timer of this.#expiries) timer.cancel();
    this.compact();
  }

  /** Forgets the states that continue tokens stand for. */
  compact(): void {
    this.#snapshots.clear();
  }

  #snapshot(resource: Resource, query: URLSearchParams, token: Token): Snapshot {
    if (token.rv > 0) {
      const kept = this.#snapshots.get(snapshotKey(resource, token.rv));
      if (kept === undefined) throw expiredContinue(encode({ ...token, rv: -1 }));
      return kept;
    }
    const wanted = query.get('resourceVersion') ?? '';
    const stale = wanted === '0' ? this.#stale.get(resource) : undefined;
    if (Number(wanted) > this.#store.version) throw futureVersion(Number(wanted), this.#store.version);
    return stale ?? this.#present(resource);
  }

  #present(resource: Resource): Snapshot {
    return { version: this.#store.version, objects: byKey(resource, this.#store.list(resource)) };
  }

  #more(resource: Resource, snapshot: Snapshot, page: readonly KubeObject[]): { continue: string } {
    const key = snapshotKey(resource, snapshot.version);
    if (!this.#snapshots.has(key)) {
      this.#snapshots.set(key, snapshot);
      this.#expiries.add(this.#clock.after(CONTINUE_MILLISECONDS, () => this.#snapshots.delete(key)));
    }
    const last = page.at(-1);
    const start = last === undefined ? '' : keyText(resource, last.metadata);
    return { continue: encode({ v: 'meta.k8s.io/v1', rv: snapshot.version, start }) };
  }
}

/** In the order in which the server tells what there is. */
export function byKey(resource: Resource, objects: readonly KubeObject[]): KubeObject[] {
  const keyed = objects.map((object) => ({ key: keyText(resource, object.metadata), object }));
  keyed.sort((left, right) => (left.key < right.key ? -1 : 1));
  return keyed.map(({ object }) => object);
}

function checkOptions(query: URLSearchParams): void {
  const version = query.get('resourceVersion') ?? '';
  if ((query.get('continue') ?? '') !== '' && !['', '0'].includes(version))
    throw badRequest('specifying resource version is not allowed when using continue');
  if (!query.has('resourceVersionMatch') || version !== '') return;
  const message = 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
  throw invalidOptions('ListOptions', { reason: 'FieldValueForbidden', message, field: 'resourceVersionMatch' });
}

/** What a list or watch selects: its namespace, labels and fields. */
export function predicate(
  { kind }: Resource,
  { query, namespace }: Pick<RequestInfo, 'query' | 'namespace'>,
): (object: KubeObject) => boolean {
  const labels = labelPredicate(query.get('labelSelector') ?? undefined);
  const fields = fieldPredicate(kind, query.get('fieldSelector') ?? undefined);
  const inside = ({ metadata }: KubeObject): boolean => namespace === undefined || metadata.namespace === namespace;
  return (object) => inside(object) && labels(object) && fields(object);
}

function snapshotKey(resource: Resource, version: number): string {
  return `${apiVersionOf(resource)}/${resource.plural}@${version}`;
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseToken(text: string | null): Token {
  if (text === null || text === '') return { v: 'meta.k8s.io/v1', rv: 0, start: '' };
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data');
  }
}
