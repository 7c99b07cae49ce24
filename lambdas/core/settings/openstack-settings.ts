/** The settings of a cluster whose nodes are OpenStack compute hosts (contract 11). */
import * as z from 'zod/mini';
import { SECRET_ARN, SECRET_NAME } from './access-settings.ts';
import { filledList, flag, object, oneOf, seconds, text } from './fields.ts';

const secret = text(
  new RegExp(`${SECRET_NAME.source}|${SECRET_ARN.source}`),
  'the name of a secret such as ebb/openstack, or its whole ARN with its last six characters',
);

/** A host as it stands in a URL, with the port if it is not the scheme's own. */
export const hostWithPort = text(
  /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/,
  'a host such as keystone.example.com, with its port if the endpoint has one, such as nova.example.com:8774',
);

/** How long an evacuation may take at most, seconds. */
export const EVACUATION_SECONDS = { least: 60, most: 86_400, default: 1_800 } as const;

export const openStackSchema = object(
  {
    /** Name or ARN of the secret with the credentials: a clouds.yaml, or nova-kubernetes-drain's config.yaml. */
    secret,
    /** Which cloud of a clouds.yaml. @default the only one */
    cloud: z.optional(text(/^\S(.*\S)?$/, 'the name of a cloud in the clouds.yaml such as production')),
    /** Hosts that may be talked to: Keystone's, and that of Nova's endpoint in its catalogue (contract 11.5). */
    hosts: filledList(hostWithPort, 'host such as ["keystone.example.com", "nova.example.com:8774"]'),
    /** @default that of the clouds.yaml, or `public` */
    interface: z.optional(oneOf(['public', 'internal', 'admin'])),
    /** @default that of the clouds.yaml; where neither says, the catalogue must have one region */
    region: z.optional(text(/^\S(.*\S)?$/, 'the name of a region such as RegionOne')),
    /** Whether endpoints without TLS are taken. */
    allowHttp: z._default(flag(), false),
    /** Name or ARN of the secret with the certificate authority of the endpoints, as PEM. @default the public ones */
    caSecret: z.optional(secret),
    timeoutSeconds: z._default(
      seconds(EVACUATION_SECONDS.least, EVACUATION_SECONDS.most, 1_800),
      EVACUATION_SECONDS.default,
    ),
    /** Whether the sync disables the services of cordoned nodes, and enables them again (contract 11.4). */
    followCordons: z._default(flag(), true),
  },
  '{ "secret": "ebb/openstack", "hosts": ["keystone.example.com", "nova.example.com:8774"] }',
);

type Read = z.output<typeof openStackSchema>;

export type OpenStackSettings = Readonly<Omit<Read, 'hosts'>> & { readonly hosts: readonly string[] };
