/** Nova's answers, as far as they are read, and what they become in the domain's shape. */
import * as z from 'zod/mini';
import type { ComputeService } from '../../core/openstack/compute-service.ts';
import { CloudRefused } from '../../core/openstack/cloud-error.ts';
import type { Guest } from '../../core/openstack/guest.ts';
import type { Migration } from '../../core/openstack/migration.ts';

const link = z.object({ rel: z.string(), href: z.string() });

const service = z.object({
  id: z.union([z.string(), z.number()]),
  host: z.string(),
  status: z.string(),
  state: z.string(),
  disabled_reason: z.optional(z.nullable(z.string())),
});

export const servicesAnswer = z.object({ services: z.array(service) });

const HOST = 'OS-EXT-SRV-ATTR:host';
const TASK = 'OS-EXT-STS:task_state';

const server = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  tenant_id: z.string(),
  [TASK]: z.optional(z.nullable(z.string())),
  [HOST]: z.optional(z.nullable(z.string())),
  fault: z.optional(z.object({ message: z.optional(z.nullable(z.string())) })),
});

export const serversAnswer = z.object({ servers: z.array(server), servers_links: z.optional(z.array(link)) });
export const serverAnswer = z.object({ server });

const migration = z.object({
  id: z.number(),
  instance_uuid: z.string(),
  migration_type: z.optional(z.nullable(z.string())),
  status: z.string(),
  dest_compute: z.optional(z.nullable(z.string())),
  source_compute: z.optional(z.nullable(z.string())),
});

export const migrationsAnswer = z.object({
  migrations: z.array(migration),
  migrations_links: z.optional(z.array(link)),
});

export const actionsAnswer = z.object({
  instanceActions: z.array(
    z.object({ action: z.string(), request_id: z.string(), message: z.optional(z.nullable(z.string())) }),
  ),
});

export const actionAnswer = z.object({
  instanceAction: z.object({
    events: z.optional(z.array(z.object({ details: z.optional(z.nullable(z.string())) }))),
  }),
});

/** @param what is read, for the message @throws CloudRefused when the answer has another shape */
export function read<Schema extends z.ZodMiniType>(schema: Schema, body: unknown, what: string): z.output<Schema> {
  const { data, error } = z.safeParse(schema, body);
  if (error === undefined) return data;
  const [{ path, message } = { path: [], message: '' }] = error.issues;
  throw new CloudRefused(`Nova’s answer about ${what} cannot be read: ${path.join('.')} ${message}`);
}

export function serviceFrom(found: z.output<typeof service>): ComputeService {
  const { id, host, status, state, disabled_reason: disabledReason } = found;
  return {
    id: String(id),
    host,
    isEnabled: status === 'enabled',
    isUp: state === 'up',
    ...(disabledReason != null && { disabledReason }),
  };
}

/** @throws CloudRefused when Nova does not show the host: then nobody knows whose guest it is */
export function guestFrom(found: z.output<typeof server>): Guest {
  const { id, name, status, tenant_id: tenant, [TASK]: task, [HOST]: host, fault } = found;
  if (host === undefined)
    throw new CloudRefused(
      `Nova does not show the hosts of servers (${HOST}): the user must have the role admin in its project`,
    );
  return {
    id,
    name,
    tenant,
    status,
    ...(task != null && { task }),
    ...(host !== null && host !== '' && { host }),
    ...(fault?.message != null && { fault: fault.message }),
  };
}

const TYPES: Readonly<Record<string, Migration['type']>> = {
  'live-migration': 'live',
  migration: 'cold',
  resize: 'resize',
};

export function migrationFrom(found: z.output<typeof migration>): Migration {
  const { id, instance_uuid: guest, migration_type: type, status, dest_compute: to } = found;
  return { id, guest, type: TYPES[type ?? ''] ?? 'other', status, ...(to != null && to !== '' && { to }) };
}

/** Returns the marker of the next page. The link itself is never followed: its host may be any (contract 11.5). */
export function nextMarker(links: readonly z.output<typeof link>[] = []): string | undefined {
  const next = links.find(({ rel }) => rel === 'next')?.href;
  return next === undefined ? undefined : (new URL(next, 'http://nova').searchParams.get('marker') ?? undefined);
}
