/** What must hold of compute hosts and their guests, read back from the OpenStack peer. */
import type { ComputeHost, MigrationRecord, Server } from '../../peers/openstack/cloud.ts';
import type { OpenStackPeer } from '../../peers/openstack/peer.ts';
import type { Expectation } from '../scenario.ts';

const OURS = 'Ebb (ebb): node ';

export function serverNamed({ state }: OpenStackPeer, name: string): Server {
  const found = [...state.servers.values()].find((server) => server.name === name);
  if (found === undefined) throw new Error(`the cloud has no guest ${name}`);
  return found;
}

/** Migrations of a guest, oldest first. */
export function migrationsOf(cloud: OpenStackPeer, name: string): MigrationRecord[] {
  const { id } = serverNamed(cloud, name);
  return cloud.state.migrations.filter(({ server }) => server === id);
}

/** @param left when the host was let go, epoch milliseconds */
export function guestExpectations(
  cloud: OpenStackPeer,
  {
    host,
    moved,
    stayed,
    stopped,
    flaky,
  }: Record<'host' | 'stayed' | 'stopped' | 'flaky', string> & { moved: readonly string[] },
): Expectation[] {
  const still = moved.filter((name) => serverNamed(cloud, name).host === host);
  const tries = migrationsOf(cloud, flaky).map(({ status }) => status);
  const { vm, host: stoppedOn } = serverNamed(cloud, stopped);
  return [
    {
      what: `${moved.length} guests of three tenants are on other hosts`,
      holds: still.length === 0,
      found: still.length === 0 ? 'all are' : `${still.join(', ')} are not`,
    },
    {
      what: `the stopped guest was migrated cold, confirmed, and is stopped`,
      holds: vm === 'stopped' && stoppedOn !== host && migrationsOf(cloud, stopped)[0]?.status === 'confirmed',
      found: `${vm} on ${stoppedOn}`,
    },
    {
      what: 'the guest whose migration rolled back twice was tried a third time',
      holds: tries.join() === 'failed,failed,completed',
      found: tries.join(', '),
    },
    {
      what: 'the guest in ERROR was left where it is, and nothing was asked of it',
      holds: serverNamed(cloud, stayed).host === host && migrationsOf(cloud, stayed).length === 0,
      found: `on ${serverNamed(cloud, stayed).host}`,
    },
    serviceExpectation(`the service of ${host} is disabled, for Ebb’s reason`, cloud.state.host(host), 'disabled'),
  ];
}

/** @param service as it is, or was at an earlier time */
export function serviceExpectation(
  what: string,
  service: Pick<ComputeHost, 'status' | 'reason'> | undefined,
  wanted: ComputeHost['status'],
): Expectation {
  const { status = 'unknown', reason = null } = service ?? {};
  const isRight = wanted === 'enabled' ? reason === null : (reason ?? '').startsWith(OURS);
  return { what, holds: status === wanted && isRight, found: reason === null ? status : `${status}: ${reason}` };
}
