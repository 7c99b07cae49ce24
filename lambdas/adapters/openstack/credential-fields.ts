/** Fields of credentials. Their messages say what they must be, and repeat nothing that was written. */
import * as z from 'zod/mini';
import { object } from '../../core/settings/fields.ts';
import type { Faulty } from '../secrets/secret-yaml.ts';

/** Fields of any shape. */
export type Written = Readonly<Record<string, unknown>>;

/** A name is unique in its domain only. */
export type Named = { readonly id: string } | { readonly name: string; readonly domain: Domain };
export type Domain = { readonly id: string } | { readonly name: string };

/** Who logs in (contract 11.2). */
export type Identity =
  | { readonly kind: 'password'; readonly user: Named; readonly password: string; readonly project: Named }
  | {
      readonly kind: 'application credential';
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named };
      readonly secret: string;
    };

/** What a login takes, and which endpoint of the catalogue is meant. */
export interface Credentials {
  /** Keystone's address with its version, without a slash at the end. */
  readonly authUrl: string;
  readonly identity: Identity;
  readonly region?: string;
  readonly interface?: string;
  /** Authority of the endpoints' certificates, as PEM. */
  readonly ca?: string;
}

/** What the text gives, or all that is wrong with it, such as `clouds.production.auth.auth_url must be …`. */
export type Reading = { readonly credentials: Credentials } | Faulty;

/** Text that YAML may have read as a number: a password of digits, say. */
const words = z.pipe(
  z.union([z.string(), z.number()], 'must be text'),
  z.transform((value) => String(value)),
);

export const filled = words.check(z.refine((value) => value !== '', 'must not be empty'));

export const optional = z.optional(z.nullable(filled));

/** An address of Keystone: http is refused later, with the allow-list, unless the configuration allows it. */
export const keystoneUrl = z
  .string('must be the address of Keystone such as https://keystone.example.com:5000/v3')
  .check(
    z.refine(isHttpAddress, 'must be the address of Keystone such as https://keystone.example.com:5000/v3'),
    z.refine((url) => !/\/v2(\.0)?\/*$/.test(url), 'must not end in v2.0: Ebb speaks Keystone v3 only'),
  );

/** The config.yaml of nova-kubernetes-drain, as it is. */
export const novaDrainFields = object(
  {
    IdentityEndpoint: keystoneUrl,
    Username: filled,
    Password: filled,
    TenantName: filled,
    DomainID: filled,
  },
  '{ IdentityEndpoint: …, Username: …, Password: …, TenantName: …, DomainID: … }',
);

function isHttpAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, search, hash } = new URL(address);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** Adds the version to an address without one, as OpenStack's own clients do, and takes slashes off its end. */
export function withVersion(authUrl: string): string {
  const url = authUrl.replace(/\/+$/, '');
  return /\/v\d[\d.]*$/.test(url) ? url : `${url}/v3`;
}
