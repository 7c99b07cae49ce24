/** A watch that is open: its events as they arrive. */
import type { KubeObject } from '../peers/kubernetes/storage/objects.ts';
import type { Status } from '../peers/kubernetes/api/status.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & Omit<Status, 'metadata' | 'status' | 'kind' | 'apiVersion'>;
}

export class OpenWatch {
  readonly events: WatchEvent[] = [];
  /** Undefined while it is open; `end`, or why it broke. */
  ended: string | undefined;
  readonly #body: AsyncIterable<unknown> & { destroy(): unknown };

  constructor(body: AsyncIterable<unknown> & { destroy(): unknown }) {
    this.#body = body;
    void this.#read().then(
      () => (this.ended ??= 'end'),
      (error: unknown) => (this.ended ??= String(error)),
    );
  }

  /** `ADDED p1`, `MODIFIED p1`, in the order of arrival. */
  get told(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata.name}`);
  }

  close(): void {
    this.ended ??= 'closed';
    this.#body.destroy();
  }

  async #read(): Promise<void> {
    let rest = Buffer.alloc(0);
    for await (const chunk of this.#body) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        this.events.push(JSON.parse(rest.subarray(0, end).toString()) as WatchEvent);
        rest = rest.subarray(end + 1);
      }
    }
  }
}
