/**
 * What conductor, scheduler and computes do with a request: migrations that take time, wait for their turn, fail, and are
 * aborted. The order of states, and what shows first, is that of Nova 26 (Zed), as it was seen.
 */
import { randomUUID } from 'node:crypto';
import type { ActionRecord, CloudState, MigrationRecord, Server } from './cloud.ts';

/** How long each part takes, driven milliseconds. */
export interface Durations {
  /** From the answer to the record of the migration: until then only the server's task shows. */
  readonly record: number;
  /** From the record to the choice of a host, or to its failure. */
  readonly schedule: number;
  /** Each further step, such as from `preparing` to `running`. */
  readonly step: number;
  /** A live migration that works. */
  readonly copy: number;
}

export const DEFAULT_DURATIONS: Durations = { record: 300, schedule: 1_000, step: 300, copy: 1_000 };

const NO_HOST = 'No valid host was found. There are not enough hosts available.';

export class Compute {
  /** max_concurrent_live_migrations of every host. */
  concurrency = 1;
  durations: Durations = DEFAULT_DURATIONS;
  readonly #state: CloudState;
  /** Live migrations by host, in the order in which they wait; the first `concurrency` go on. */
  readonly #queues = new Map<string, MigrationRecord[]>();

  constructor(state: CloudState) {
    this.#state = state;
  }

  live(server: Server): void {
    server.task = 'migrating';
    const action = this.#begin(server, 'live-migration');
    this.#after(this.durations.record, () => {
      const migration = this.#record(server, 'live-migration', 'accepted');
      this.#after(this.durations.schedule, () => {
        this.#schedule(server, migration, action);
      });
    });
  }

  cold(server: Server): void {
    server.before = server.vm;
    server.task = 'resize_prep';
    const action = this.#begin(server, 'migrate');
    this.#after(this.durations.record, () => {
      const migration = this.#record(server, 'migration', 'pre-migrating');
      this.#after(this.durations.schedule, () => {
        const destination = this.#destination(server);
        if (destination === undefined) {
          this.#end(server, migration, 'error');
          fail(action, 'conductor_migrate_server', NO_HOST, this.#state.clock.now());
          return;
        }
        migration.destination = destination;
        this.#inTurn([
          this.#showing(migration, 'migrating'),
          this.#showing(migration, 'post-migrating'),
          () => {
            server.host = destination;
            server.task = 'resize_migrated';
          },
          () => {
            this.#show(migration, 'finished');
            server.task = 'resize_finish';
          },
          () => {
            server.vm = 'resized';
            server.task = null;
          },
        ]);
      });
    });
  }

  confirm(server: Server, migration: MigrationRecord): void {
    this.#show(migration, 'confirming');
    this.#inTurn([
      this.#showing(migration, 'confirmed'),
      () => {
        server.vm = server.before ?? 'active';
      },
    ]);
  }

  /** Aborts a live migration that waits or copies; it takes a moment. */
  abort(server: Server, migration: MigrationRecord): void {
    this.#after(this.durations.step, () => {
      if (isOver(migration)) return;
      this.#end(server, migration, 'cancelled');
    });
  }

  #begin(server: Server, action: string): ActionRecord {
    const at = this.#state.clock.now();
    const record: ActionRecord = {
      server: server.id,
      action,
      request: `req-${randomUUID()}`,
      startedAt: at,
      updatedAt: at,
      message: null,
      events: [],
    };
    this.#state.actions.push(record);
    return record;
  }

  #record(server: Server, type: MigrationRecord['type'], status: string): MigrationRecord {
    const at = this.#state.clock.now();
    const record: MigrationRecord = {
      id: this.#state.migrations.length + 1,
      uuid: randomUUID(),
      server: server.id,
      source: server.host,
      destination: null,
      type,
      status,
      createdAt: at,
      updatedAt: at,
    };
    this.#state.migrations.push(record);
    return record;
  }

  #schedule(server: Server, migration: MigrationRecord, action: ActionRecord): void {
    const now = this.#state.clock.now();
    const refuse = (event: string, details: string): void => {
      this.#end(server, migration, 'error');
      fail(action, event, details, now);
    };
    if (this.#state.host(server.host)?.state === 'down') {
      refuse('conductor_live_migrate_instance', `Compute service of ${server.host} is unavailable at this time.`);
      return;
    }
    const destination = this.#destination(server);
    if (destination === undefined) {
      refuse('conductor_live_migrate_instance', NO_HOST);
      return;
    }
    if (server.kind === 'refused') {
      refuse('compute_check_can_live_migrate_destination', 'Migration pre-check error: test driver refuses it');
      return;
    }
    migration.destination = destination;
    this.#show(migration, 'queued');
    const queue = this.#queues.get(server.host) ?? [];
    this.#queues.set(server.host, [...queue, migration]);
    this.#goOn(server.host);
  }

  /** Begins what has its turn. */
  #goOn(host: string): void {
    const queue = this.#queues.get(host) ?? [];
    for (const migration of queue.slice(0, this.concurrency)) {
      if (migration.status !== 'queued') continue;
      const server = this.#state.servers.get(migration.server);
      if (server === undefined) continue;
      this.#inTurn([
        () => {
          if (!isOver(migration)) this.#show(migration, 'preparing');
        },
        () => {
          if (!isOver(migration)) this.#run(server, migration);
        },
      ]);
    }
  }

  #run(server: Server, migration: MigrationRecord): void {
    this.#show(migration, 'running');
    if (server.kind === 'stuck') return;
    this.#after(this.durations.copy, () => {
      if (isOver(migration)) return;
      if (server.failures > 0) {
        server.failures -= 1;
        this.#end(server, migration, 'failed');
        return;
      }
      // The server shows its new host a moment before the record is complete.
      server.host = migration.destination ?? server.host;
      server.task = null;
      this.#after(this.durations.step, () => {
        this.#leaveQueue(migration, 'completed');
      });
    });
  }

  /** A bad end: the server is as before, and only the record tells. */
  #end(server: Server, migration: MigrationRecord, status: string): void {
    server.task = null;
    this.#leaveQueue(migration, status);
  }

  #leaveQueue(migration: MigrationRecord, status: string): void {
    this.#show(migration, status);
    const queue = this.#queues.get(migration.source) ?? [];
    this.#queues.set(
      migration.source,
      queue.filter((other) => other !== migration),
    );
    this.#goOn(migration.source);
  }

  /** The enabled host with fewest servers, or undefined. */
  #destination({ host }: Server): string | undefined {
    const load = (name: string): number =>
      [...this.#state.servers.values()].filter((each) => each.host === name).length;
    const others = this.#state.hosts.filter(
      ({ name, status, state }) => name !== host && status === 'enabled' && state === 'up',
    );
    return others.toSorted((a, b) => load(a.name) - load(b.name))[0]?.name;
  }

  #show(migration: MigrationRecord, status: string): void {
    migration.status = status;
    migration.updatedAt = this.#state.clock.now();
  }

  #showing(migration: MigrationRecord, status: string): () => void {
    return () => {
      this.#show(migration, status);
    };
  }

  #inTurn([first, ...rest]: readonly (() => void)[]): void {
    if (first === undefined) return;
    this.#after(this.durations.step, () => {
      first();
      this.#inTurn(rest);
    });
  }

  #after(milliseconds: number, run: () => void): void {
    this.#state.clock.after(milliseconds, run);
  }
}

export function isOver({ status }: MigrationRecord): boolean {
  return ['completed', 'confirmed', 'error', 'failed', 'cancelled'].includes(status);
}

function fail(action: ActionRecord, event: string, details: string, now: number): void {
  action.message = 'Error';
  action.updatedAt = now;
  action.events.push({ event, result: 'Error', details, at: now, host: null });
}
