/** A case: what Keystone or Nova does, or what Ebb's client makes of it, said once and asked of the peer and of real ones. */
import { expect } from 'vitest';
import type { Guest } from '../../../lambdas/core/openstack/guest.ts';
import type { OpenStackSubject, Reply } from './subject.ts';

export interface OpenStackCase {
  readonly title: string;
  readonly run: (subject: OpenStackSubject) => Promise<void>;
}

export function openStackCase(title: string, run: OpenStackCase['run']): OpenStackCase {
  return { title, run };
}

export interface ServerView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly tenant_id: string;
  readonly fault?: { message: string };
  readonly 'OS-EXT-STS:task_state': string | null;
  readonly 'OS-EXT-SRV-ATTR:host'?: string;
}

export interface MigrationView {
  readonly id: number;
  readonly status: string;
  readonly migration_type: string;
  readonly source_compute: string;
  readonly dest_compute: string | null;
}

/** The body, read as one of several shapes that Nova's answers have. */
export function bodyOf(reply: Reply): {
  server: ServerView;
  servers: ServerView[];
  servers_links?: { rel: string; href: string }[];
  services: { id: unknown; host: string; status: string; disabled_reason: string | null }[];
  migrations: MigrationView[];
  instanceActions: { action: string; request_id: string; message: string | null }[];
  instanceAction: { events: { details: string | null }[] };
} {
  return reply.body as ReturnType<typeof bodyOf>;
}

/** Looks whether the answer is a refusal with this code and message. */
export function expectRefusal(reply: Reply, code: number, message: RegExp | string): void {
  expect(reply.status).toBe(code);
  const [wrapped] = Object.values(reply.body as Record<string, { message: string }>);
  if (typeof message === 'string') expect(wrapped?.message).toBe(message);
  else expect(wrapped?.message).toMatch(message);
}

export const LIVE = { 'os-migrateLive': { host: null, block_migration: 'auto' } };

export function act(subject: OpenStackSubject, id: string, body: object, version = '2.65'): Promise<Reply> {
  return subject.nova(`/servers/${id}/action`, { method: 'POST', body, version });
}

export async function serverOf(subject: OpenStackSubject, id: string): Promise<ServerView> {
  return bodyOf(await subject.nova(`/servers/${id}`)).server;
}

/** The latest migration of a guest. */
export async function migrationOf(subject: OpenStackSubject, id: string): Promise<MigrationView | undefined> {
  return bodyOf(await subject.nova(`/os-migrations?instance_uuid=${id}`)).migrations[0];
}

export async function untilMigrationIs(
  subject: OpenStackSubject,
  id: string,
  ...statuses: readonly string[]
): Promise<MigrationView> {
  return await subject.eventually(
    `the migration of ${id} is ${statuses.join(' or ')}`,
    async () => {
      const migration = await migrationOf(subject, id);
      return migration !== undefined && statuses.includes(migration.status) ? migration : undefined;
    },
    90,
  );
}

export async function untilIdle(subject: OpenStackSubject, id: string): Promise<ServerView> {
  return await subject.eventually(
    `Nova does nothing with ${id}`,
    async () => {
      const server = await serverOf(subject, id);
      return server['OS-EXT-STS:task_state'] === null ? server : undefined;
    },
    90,
  );
}

/** The guest as Ebb's client sees it. */
export async function guestOf({ cloud }: OpenStackSubject, id: string): Promise<Guest> {
  const guest = await cloud.guest(id);
  if (guest === undefined) throw new Error(`there is no guest ${id}`);
  return guest;
}

/** Disables the service of a host as somebody else would. */
export async function closeHost(subject: OpenStackSubject, host: string): Promise<void> {
  const { services } = bodyOf(await subject.nova(`/os-services?binary=nova-compute&host=${host}`));
  await subject.nova(`/os-services/${String(services[0]?.id)}`, {
    method: 'PUT',
    body: { status: 'disabled', disabled_reason: 'closed by a person' },
  });
}
