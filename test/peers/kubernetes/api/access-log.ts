import { Activity } from '../../activity.ts';

/** Every request that reached the server, for counting what a drain costs. */
export interface AccessEntry {
  /** Driven epoch milliseconds of its arrival. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** `get`, `watch`, ... as RBAC names it. */
  readonly verb: string;
  /** `pods`, `pods/eviction`; empty for discovery and health. */
  readonly resource: string;
  /** Empty when the request was not authenticated. */
  user: string;
  readonly userAgent: string;
  /** Set when the answer's headers are written; 0 when there was none. */
  status: number;
}

export class AccessLog {
  readonly entries: AccessEntry[] = [];
  /** Requests that wait for their answer; a watch has its answer once it is open. */
  readonly underWay = new Activity();

  add(entry: AccessEntry): AccessEntry {
    this.entries.push(entry);
    return entry;
  }

  /** The requests of one user, or of all when no user is given. */
  of(user?: string): AccessEntry[] {
    return user === undefined ? [...this.entries] : this.entries.filter((entry) => entry.user === user);
  }

  count(user?: string): number {
    return this.of(user).length;
  }

  clear(): void {
    this.entries.length = 0;
  }
}
