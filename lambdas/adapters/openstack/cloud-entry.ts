/** One cloud of a clouds.yaml: the fields that Ebb takes, and those that it cannot honour, each refused with the reason. */
import * as z from 'zod/mini';
import { flag, object, oneOf } from '../../core/settings/fields.ts';
import { faulty, type Faulty } from '../secrets/secret-yaml.ts';
import {
  filled,
  keystoneUrl,
  optional,
  withVersion,
  type Domain,
  type Identity,
  type Named,
  type Reading,
} from './credential-fields.ts';

const cloudEntry = object(
  {
    auth_type: z.optional(
      z.nullable(
        oneOf(
          ['password', 'v3password', 'v3applicationcredential'],
          'Ebb logs in by password or by application credential',
        ),
      ),
    ),
    auth: object(
      {
        auth_url: keystoneUrl,
        username: optional,
        user_id: optional,
        user_domain_name: optional,
        user_domain_id: optional,
        password: optional,
        project_name: optional,
        project_id: optional,
        project_domain_name: optional,
        project_domain_id: optional,
        domain_name: optional,
        domain_id: optional,
        application_credential_id: optional,
        application_credential_name: optional,
        application_credential_secret: optional,
      },
      '{ auth_url: …, username: …, password: …, project_name: … }',
    ),
    region_name: optional,
    interface: z.optional(z.nullable(oneOf(['public', 'internal', 'admin', 'publicURL', 'internalURL', 'adminURL']))),
    cacert: z.optional(
      z.nullable(
        filled.check(
          z.refine(
            (value) => value.includes('-----BEGIN CERTIFICATE-----'),
            'is a file, which a Lambda does not have: put the certificate itself there, or its secret into the field caSecret of the configuration',
          ),
        ),
      ),
    ),
    verify: z.optional(
      z.nullable(
        flag().check(z.refine((verifies) => verifies, 'must not be false: anybody could stand in for the cloud')),
      ),
    ),
  },
  '{ auth: { auth_url: …, username: …, password: …, project_name: … } }',
);

type CloudEntry = z.output<typeof cloudEntry>;
type Auth = CloudEntry['auth'];

/** @param at path of the entry, such as `clouds.production` */
export function cloudCredentials(written: unknown, at: string): Reading {
  const { data, error } = z.safeParse(cloudEntry, written);
  if (error !== undefined)
    return faulty(...error.issues.map(({ path, message }) => `${[at, ...path].join('.')} ${message}`));
  const identity = identityOf(data, `${at}.auth`);
  if ('faults' in identity) return identity;
  const { region_name: region, interface: side, cacert: ca } = data;
  return {
    credentials: {
      authUrl: withVersion(data.auth.auth_url),
      identity,
      ...(region != null && { region }),
      ...(side != null && { interface: side.replace(/URL$/, '') }),
      ...(ca != null && { ca }),
    },
  };
}

function identityOf({ auth_type: type, auth }: CloudEntry, at: string): Identity | Faulty {
  const isCredential =
    type === 'v3applicationcredential' || (type == null && auth.application_credential_secret != null);
  return isCredential ? applicationCredential(auth, at) : password(auth, at);
}

function applicationCredential(auth: Auth, at: string): Identity | Faulty {
  const {
    application_credential_id: id,
    application_credential_name: name,
    application_credential_secret: secret,
  } = auth;
  const user = named({ id: auth.user_id, name: auth.username }, userDomain(auth));
  const faults = [
    ...(secret == null ? [`${at}.application_credential_secret is missing`] : []),
    ...(id == null && name == null ? [`${at}.application_credential_id is missing`] : []),
    ...(id == null && name != null && user === undefined
      ? [`${at} must have user_id, or username and user_domain_name: a credential’s name is its user’s own`]
      : []),
  ];
  if (secret == null || faults.length > 0) return faulty(...faults);
  if (id != null) return { kind: 'application credential', credential: { id }, secret };
  return { kind: 'application credential', credential: { name: name ?? '', user: user ?? { id: '' } }, secret };
}

function password(auth: Auth, at: string): Identity | Faulty {
  const { password: secret } = auth;
  const user = named({ id: auth.user_id, name: auth.username }, userDomain(auth));
  const project = named({ id: auth.project_id, name: auth.project_name }, projectDomain(auth));
  const faults = [
    ...(secret == null ? [`${at}.password is missing`] : []),
    ...(user === undefined ? [`${at} must have username and user_domain_name, or user_id`] : []),
    ...(project === undefined ? [`${at} must have project_name and project_domain_name, or project_id`] : []),
  ];
  if (secret == null || user === undefined || project === undefined) return faulty(...faults);
  return { kind: 'password', user, password: secret, project };
}

function named(
  { id, name }: { id: string | null | undefined; name: string | null | undefined },
  domain: Domain | undefined,
): Named | undefined {
  if (id != null) return { id };
  return name == null || domain === undefined ? undefined : { name, domain };
}

function userDomain(auth: Auth): Domain | undefined {
  return domain(auth.user_domain_id ?? auth.domain_id, auth.user_domain_name ?? auth.domain_name);
}

function projectDomain(auth: Auth): Domain | undefined {
  return (
    domain(auth.project_domain_id ?? auth.domain_id, auth.project_domain_name ?? auth.domain_name) ?? userDomain(auth)
  );
}

function domain(id: string | null | undefined, name: string | null | undefined): Domain | undefined {
  if (id != null) return { id };
  return name == null ? undefined : { name };
}
