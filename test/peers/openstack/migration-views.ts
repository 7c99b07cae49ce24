/** Records of migrations as Nova shows them: the newest first, by filters, and a page at a time. */
import type { CloudState, MigrationRecord } from './cloud.ts';
import { isOver } from './compute.ts';
import type { NovaContext } from './nova-context.ts';
import { NovaError } from './nova-error.ts';
import { nextHref } from './server-views.ts';

const MOST = 1_000;

export function migrationsOf(state: CloudState, query: Record<string, string>): MigrationRecord[] {
  const { source_compute: source, instance_uuid: server, migration_type: type, status, 'changes-since': since } = query;
  const from = since === undefined ? -Infinity : Date.parse(since);
  if (Number.isNaN(from))
    throw new NovaError(
      400,
      `Invalid input for query parameters changes-since. Value: ${since ?? ''}. '${since ?? ''}' is not a 'date-time'`,
    );
  return state.migrations
    .filter((each) => source === undefined || each.source === source)
    .filter((each) => server === undefined || each.server === server)
    .filter((each) => type === undefined || each.type === type)
    .filter((each) => status === undefined || each.status === status)
    .filter((each) => each.updatedAt >= from)
    .toReversed();
}

export function pageOfMigrations(found: readonly MigrationRecord[], context: NovaContext): object {
  const { limit, marker } = context.req.query();
  const from = marker === undefined ? 0 : found.findIndex(({ uuid }) => uuid === marker) + 1;
  if (marker !== undefined && from === 0) throw new NovaError(400, `Marker ${marker} could not be found.`);
  const size = Math.min(limit === undefined ? MOST : Number(limit), MOST);
  const page = found.slice(from, from + size);
  const last = page.at(-1);
  const isMore = from + page.length < found.length;
  return {
    migrations: page.map(migrationView),
    ...(isMore && last && { migrations_links: [{ rel: 'next', href: nextHref(context, last.uuid, size) }] }),
  };
}

/** Live migrations of one server that go on; empty while one is only accepted. */
export function migrationsOfServer({ migrations }: CloudState, server: string): object[] {
  const going = ['queued', 'preparing', 'running'];
  return migrations
    .filter((each) => each.server === server && each.type === 'live-migration' && going.includes(each.status))
    .map(({ id, uuid, source, destination, status, createdAt, updatedAt }) => ({
      id,
      uuid,
      server_uuid: server,
      source_compute: source,
      dest_compute: destination,
      status,
      created_at: stamp(createdAt),
      updated_at: stamp(updatedAt),
      memory_total_bytes: null,
      disk_total_bytes: null,
    }));
}

function migrationView(migration: MigrationRecord): object {
  const { id, uuid, server, source, destination, type, status, createdAt, updatedAt } = migration;
  return {
    id,
    uuid,
    source_compute: source,
    dest_compute: destination,
    source_node: destination === null ? null : source,
    dest_node: destination,
    dest_host: null,
    old_instance_type_id: 1,
    new_instance_type_id: 1,
    instance_uuid: server,
    status,
    migration_type: type,
    created_at: stamp(createdAt),
    updated_at: stamp(updatedAt),
    // Live migrations that go on have a page of their own.
    ...(type === 'live-migration' && !isOver(migration) && status !== 'accepted' && { links: [] }),
  };
}

function stamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}.000000`;
}
