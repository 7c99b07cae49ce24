/**
 * Reads the credentials of a cloud: a clouds.yaml, as OpenStack's own clients take it, or the config.yaml of
 * nova-kubernetes-drain. All faults are named at once, each by its field and never with its value.
 */
import * as z from 'zod/mini';
import { faulty, secretYaml } from '../secrets/secret-yaml.ts';
import { novaDrainFields, withVersion, type Reading, type Written } from './credential-fields.ts';
import { cloudCredentials } from './cloud-entry.ts';

/** @param cloud which cloud of a clouds.yaml @default the only one */
export function readCredentials(text: string, cloud?: string): Reading {
  const yaml = secretYaml(text);
  if ('faults' in yaml) return yaml;
  if (typeof yaml.value !== 'object' || yaml.value === null || Array.isArray(yaml.value)) return faulty(SHAPE);
  const written = yaml.value as Written;
  if ('clouds' in written) return chosenCloud(written.clouds, cloud);
  if ('IdentityEndpoint' in written) return novaDrain(written, cloud);
  return faulty(SHAPE);
}

const SHAPE =
  'it must be a clouds.yaml (clouds: { production: { auth: … } }), or nova-kubernetes-drain’s config.yaml (IdentityEndpoint, Username, Password, TenantName, DomainID)';

function chosenCloud(clouds: unknown, cloud: string | undefined): Reading {
  if (typeof clouds !== 'object' || clouds === null || Array.isArray(clouds))
    return faulty('clouds must be an object such as { production: { auth: … } }');
  const names = Object.keys(clouds);
  const [name] = cloud === undefined ? names : [cloud];
  if (cloud === undefined && names.length !== 1)
    return faulty(`clouds has ${names.length} clouds: name one in the field cloud of the configuration`);
  if (name === undefined || !names.includes(name))
    return faulty(`clouds has no cloud ${name ?? ''}: ${names.join(', ')}`);
  return cloudCredentials((clouds as Written)[name], `clouds.${name}`);
}

function novaDrain(written: Written, cloud: string | undefined): Reading {
  if (cloud !== undefined) return faulty(`it is nova-kubernetes-drain’s config.yaml, which has no cloud ${cloud}`);
  const { data, error } = z.safeParse(novaDrainFields, written);
  if (error !== undefined) return faulty(...error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
  const { IdentityEndpoint, Username, Password, TenantName, DomainID } = data;
  const domain = { id: DomainID };
  return {
    credentials: {
      authUrl: withVersion(IdentityEndpoint),
      identity: {
        kind: 'password',
        user: { name: Username, domain },
        password: Password,
        project: { name: TenantName, domain },
      },
    },
  };
}
