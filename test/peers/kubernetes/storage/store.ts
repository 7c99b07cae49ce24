/**
 * The objects, their versions and the history that watches read: the part of etcd and the watch cache that clients can
 * tell. One counter versions everything. Listeners run inside the commit, so they see every state there ever was.
 *
 * Objects handed out are the stored ones: never change them, use `change`.
 */
import { randomUUID } from 'node:crypto';

import type { DrivenClock } from '../../clock.ts';
import type { Key, KubeObject, Manifest } from './objects.ts';
import type { Resource } from './resources.ts';
import { timestamp } from './timestamp.ts';

export interface Change<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource<T>;
  /** The object after the change; for a deletion its last state under the version of the deletion. */
  readonly object: T;
  readonly previous: T | undefined;
  readonly version: number;
}

interface Shelf {
  readonly objects: Map<string, KubeObject>;
  readonly history: Change[];
  /** Changes up to this version are no longer in the history. */
  forgotten: number;
}

/** How many changes of a resource can be watched from; a real watch cache holds some hundreds to thousands. */
const HISTORY = 10_000;

export class ObjectStore {
  readonly #clock: DrivenClock;
  readonly #shelves = new Map<Resource, Shelf>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #pending: Change[] = [];
  #telling = false;
  #version = 1;

  constructor(clock: DrivenClock) {
    this.#clock = clock;
  }

  /** The version of the last change to anything. */
  get version(): number {
    return this.#version;
  }

  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined {
    return this.#shelf(resource).objects.get(keyText(resource, key)) as T | undefined;
  }

  /** All objects, or those of a namespace, in no given order. */
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): T[] {
    const all = [...this.#shelf(resource).objects.values()] as T[];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Stores a new object with uid, creation time and version set. The key must be free. */
  create<T extends KubeObject>(resource: Resource<T>, manifest: Manifest & { metadata: Key }): T {
    const object = this.draft(resource, manifest);
    this.#commit('ADDED', resource, object, undefined);
    return object;
  }

  /** A new object as `create` would store it, without a version: what a dry run answers. */
  draft<T extends KubeObject>(resource: Resource<T>, manifest: Manifest & { metadata: Key }): T {
    const object = structuredClone(manifest) as unknown as T;
    object.metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#clock.now()),
      ...(resource.counted ? { generation: 1 } : {}),
    };
    delete object.metadata.deletionTimestamp;
    return object;
  }

  /**
   * Lets `edit` change a copy of an object and stores it; a change of nothing makes no new version. An object that is
   * being deleted goes with its last finalizer. Returns the object after the change; undefined when there is none.
   */
  change<T extends KubeObject>(resource: Resource<T>, key: Key, edit: (draft: T) => void): T | undefined {
    const previous = this.get(resource, key);
    if (previous === undefined) return undefined;
    const object = structuredClone(previous);
    edit(object);
    return this.replace(resource, previous, object);
  }

  /** Stores `object` in the place of `previous`. */
  replace<T extends KubeObject>(resource: Resource<T>, previous: T, object: T): T {
    if (JSON.stringify(object) === JSON.stringify(previous)) return previous;
    if (resource.counted && JSON.stringify(object.spec) !== JSON.stringify(previous.spec))
      object.metadata.generation = (previous.metadata.generation ?? 0) + 1;
    this.#commit('MODIFIED', resource, object, previous);
    if (isReleased(object)) this.remove(resource, object.metadata);
    return object;
  }

  remove(resource: Resource, key: Key): void {
    const previous = this.get(resource, key);
    if (previous === undefined) return;
    this.#shelf(resource).objects.delete(keyText(resource, key));
    this.#commit('DELETED', resource, { ...previous, metadata: { ...previous.metadata } }, previous);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The changes of a resource after `version`; undefined when the history no longer reaches back so far. */
  since(resource: Resource, version: number): Change[] | undefined {
    const { history, forgotten } = this.#shelf(resource);
    return version < forgotten ? undefined : history.filter((change) => change.version > version);
  }

  /** Forgets all history, as an etcd compaction does: watching from before now answers 410. */
  compact(): void {
    for (const shelf of this.#shelves.values()) {
      shelf.history.length = 0;
      shelf.forgotten = this.#version;
    }
  }

  #commit(type: Change['type'], resource: Resource, object: KubeObject, previous: KubeObject | undefined): void {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    const shelf = this.#shelf(resource);
    if (type !== 'DELETED') shelf.objects.set(keyText(resource, object.metadata), object);
    const change = { type, resource, object, previous, version: this.#version };
    shelf.history.push(change);
    if (shelf.history.length > HISTORY) shelf.forgotten = shelf.history.shift()?.version ?? 0;
    this.#pending.push(change);
    this.#tell();
  }

  /** In commit order, also when a listener itself commits. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift())
      for (const listener of this.#listeners) listener(change);
    this.#telling = false;
  }

  #shelf(resource: Resource): Shelf {
    const shelf = this.#shelves.get(resource) ?? { objects: new Map<string, KubeObject>(), history: [], forgotten: 0 };
    this.#shelves.set(resource, shelf);
    return shelf;
  }
}

/** Whether a change is one of `resource`; then its objects are of that type. */
export function isOf<T extends KubeObject>(resource: Resource<T>, change: Change): change is Change<T> {
  return change.resource === (resource as Resource);
}

/** The key as one text that sorts as etcd's keys do. */
export function keyText({ namespaced }: Resource, { namespace, name }: Key): string {
  return namespaced ? `${namespace ?? ''}/${name}` : name;
}

/** Marked for deletion, past its grace, and no finalizer left to hold it. */
function isReleased(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0 && !isHeld(object);
}

/** Whether a finalizer holds it; a namespace has its own in its spec. */
export function isHeld({ metadata, spec }: KubeObject): boolean {
  const own = (spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
  return own.length + (metadata.finalizers ?? []).length > 0;
}
