/**
 * Which addresses may be talked to (contract 11.5). A catalogue is data of somebody else: it may name an http address, a
 * host that nobody meant, or the metadata service of the machine (faults 76).
 */
import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { CloudRefused } from '../../core/openstack/cloud-error.ts';
import type { OpenStackSettings } from '../../core/settings/openstack-settings.ts';

export type AllowedEndpoints = Pick<OpenStackSettings, 'hosts' | 'allowHttp'>;

/** @param what names the endpoint for the message, such as `Nova’s endpoint` @throws CloudRefused */
export function checkEndpoint(address: string, what: string, { hosts, allowHttp }: AllowedEndpoints): URL {
  if (!URL.canParse(address)) throw new CloudRefused(`${what} is no address: the catalogue of Keystone is wrong`);
  const url = new URL(address);
  const { protocol, host, hostname } = url;
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new CloudRefused(`${what} is no https address (${protocol})`);
  if (protocol === 'http:' && !allowHttp)
    throw new CloudRefused(`${what}, ${url.origin}, has no TLS: give it https, or set allowHttp in the configuration`);
  if (isLinkLocal(hostname)) throw new CloudRefused(`${what}, ${url.origin}, is link-local, which is never talked to`);
  if (!hosts.some((allowed) => allowed.toLowerCase() === host))
    throw new CloudRefused(
      `${what}, ${url.origin}, is not on the list of allowed hosts (${hosts.join(', ')}): add ${host} to hosts in the configuration if it is yours`,
    );
  return url;
}

/** Link-local and unspecified addresses, and the metadata service of EC2 by IPv6. */
const LINK_LOCAL = /^(169\.254\.|0\.|\[?fe[89ab][0-9a-f]:|\[?fd00:ec2::|\[?::\]?$|\[?::ffff:(169\.254\.|a9fe:))/i;

function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.test(address);
}

/** Resolves names as usual, and refuses a name that leads to a link-local address. */
export const lookupAllowed: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const forbidden = addresses.find(({ address }) => isLinkLocal(address));
    const [first] = addresses;
    if (forbidden !== undefined) callback(new LinkLocal(hostname), []);
    else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  });
};

/** A name of the allow-list leads to a link-local address. */
export class LinkLocal extends Error {
  override readonly name = 'LinkLocal';

  constructor(hostname: string) {
    super(`${hostname} leads to a link-local address, which is never talked to`);
  }
}
