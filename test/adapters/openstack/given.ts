/** A cloud on the peer, and Ebb's client of it. */
import { onTestFinished } from 'vitest';
import { clouds } from '../../../lambdas/adapters/openstack/clouds.ts';
import { openStackSchema, type OpenStackSettings } from '../../../lambdas/core/settings/openstack-settings.ts';
import type { Cloud } from '../../../lambdas/workflow/ports/openstack.ts';
import { DrivenClock } from '../../peers/clock.ts';
import { OpenStackPeer, type OpenStackOptions } from '../../peers/openstack/peer.ts';

export const PASSWORD = 'adminpw';

/** A peer with two hosts, which is stopped as the test ends. */
export async function aPeer(options: Partial<OpenStackOptions> = {}): Promise<OpenStackPeer> {
  const peer = await OpenStackPeer.start({ clock: new DrivenClock({ stands: true }), ...options });
  onTestFinished(() => peer.stop());
  for (const host of ['hv-a', 'hv-b']) peer.state.addHost(host);
  return peer;
}

/** Secrets by name; the credentials are in `ebb/openstack`. */
export type Secrets = Record<string, string>;

export function settingsFor(peer: OpenStackPeer, changes: Partial<OpenStackSettings> = {}): OpenStackSettings {
  return openStackSchema.parse({ secret: 'ebb/openstack', hosts: peer.hosts, allowHttp: true, ...changes });
}

export function cloudOf(
  peer: OpenStackPeer,
  {
    settings = {},
    secrets = { 'ebb/openstack': novaDrainConfig(peer) },
  }: { settings?: object; secrets?: Secrets } = {},
): Promise<Cloud> {
  const readSecret = (id: string): Promise<string> => {
    const text = secrets[id];
    const missing = Object.assign(new Error('no such secret'), { name: 'ResourceNotFoundException' });
    return text === undefined ? Promise.reject(missing) : Promise.resolve(text);
  };
  return clouds(readSecret).open(settingsFor(peer, settings));
}

/** The config.yaml of nova-kubernetes-drain, as its README has it. */
export function novaDrainConfig(peer: OpenStackPeer, changes: Readonly<Record<string, string>> = {}): string {
  const fields = {
    IdentityEndpoint: `${peer.authUrl}/`,
    Username: 'admin',
    Password: PASSWORD,
    TenantName: 'admin',
    DomainID: 'default',
    ...changes,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: "${value}"\n`)
    .join('');
}
