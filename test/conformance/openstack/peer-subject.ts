/** The peer with a driven clock as the subject of the cases. */
import { DrivenClock } from '../../peers/clock.ts';
import type { Server } from '../../peers/openstack/cloud.ts';
import { OpenStackPeer } from '../../peers/openstack/peer.ts';
import { drivenTime } from '../times.ts';
import type { Kind, OpenStackSubject, Seed } from './subject.ts';
import { ebbsCloud, passwordCloud, talk } from './talk.ts';

export async function peerSubject(): Promise<OpenStackSubject> {
  const clock = new DrivenClock({ stands: true });
  const peer = await OpenStackPeer.start({ clock });
  const { state } = peer;
  const hosts = ['hv-a', 'hv-b'] as const;
  for (const host of hosts) state.addHost(host);
  const admin = state.users[0];
  if (admin === undefined) throw new Error('the peer has no administrator');
  state.addUser('plain', 'plainpw', { 'tenant-b': ['member'] });
  let seeded = 0;
  const users = {
    admin: { name: 'admin', password: 'adminpw', project: 'admin' },
    plain: { name: 'plain', password: 'plainpw', project: 'tenant-b' },
  };
  return {
    name: 'the peer',
    hosts,
    ...drivenTime(clock),
    ...talk({ authUrl: peer.authUrl, novaUrl: `${peer.urls.nova}/v2.1`, users }),
    credential: (rules) => Promise.resolve(state.addCredential(admin, state.project('admin'), rules)),
    seed(kind, { host = hosts[0], tenant = 'admin', status = 'ACTIVE' } = {}) {
      seeded += 1;
      const facts = { project: state.project(tenant), host, vm: VM_STATES[status], ...KINDS[kind] };
      return Promise.resolve(state.addServer(`${kind}-${seeded}`, facts).id);
    },
    clear() {
      state.servers.clear();
      for (const host of state.hosts) Object.assign(host, { status: 'enabled', reason: null });
      return Promise.resolve();
    },
    cloud: await ebbsCloud(passwordCloud(peer.authUrl, 'adminpw'), peer.hosts),
    stop: () => peer.stop(),
  };
}

const VM_STATES: Readonly<Record<NonNullable<Seed['status']>, Server['vm']>> = {
  ACTIVE: 'active',
  SHUTOFF: 'stopped',
  PAUSED: 'paused',
  SUSPENDED: 'suspended',
  ERROR: 'error',
};

const KINDS: Readonly<Record<Kind, Partial<Server>>> = {
  vm: {},
  nolive: { kind: 'refused' },
  fail: { failures: Infinity },
  once: { failures: 1 },
  stuck: { kind: 'stuck' },
};
