/**
 * Opens clouds by their settings: the credentials are read from their secret at the first question, and again when Keystone
 * does not take them, because somebody may have changed them. Tokens and connections outlive an invocation.
 */
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import type { OpenStackSettings } from '../../core/settings/openstack-settings.ts';
import type { Cloud, Clouds } from '../../workflow/ports/openstack.ts';
import { readSecretLazily } from '../secrets/lazy-secrets.ts';
import { secretFailure, type ReadSecret } from '../secrets/secret-failure.ts';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credential-fields.ts';
import { login, type Session } from './keystone.ts';
import { nova } from './nova.ts';
import { novaSession } from './nova-session.ts';
import { transport, type Transport } from './transport.ts';

/** @param readSecret @default Secrets Manager, in the region and with the credentials of the environment */
export function clouds(readSecret: ReadSecret = readSecretLazily): Clouds {
  const opened = new Map<string, Cloud>();
  return {
    open(settings) {
      // Settings may change meanwhile: others are another connection.
      const key = JSON.stringify(settings);
      const cloud = opened.get(key) ?? openCloud(settings, readSecret);
      opened.set(key, cloud);
      return Promise.resolve(cloud);
    },
  };
}

function openCloud(settings: OpenStackSettings, readSecret: ReadSecret): Cloud {
  let wire: { readonly transport: Transport; readonly ca: string | undefined } | undefined;
  const wireFor = (ca: string | undefined): Transport => {
    if (wire?.ca !== ca || wire === undefined) wire = { transport: transport(ca), ca };
    return wire.transport;
  };
  const openSession = async (): Promise<Session> => {
    const credentials = credentialsIn(
      await textOf(settings.secret, 'the credentials of OpenStack', readSecret),
      settings,
    );
    const ca = settings.caSecret === undefined ? credentials.ca : await authorityIn(settings.caSecret, readSecret);
    return login(credentials, settings, wireFor(ca));
  };
  const sending: Transport = {
    send: (ask) => {
      if (wire === undefined) throw new CloudAway('Nova is asked before Keystone');
      return wire.transport.send(ask);
    },
    close: async () => wire?.transport.close(),
  };
  return nova(novaSession(openSession, sending));
}

/** @throws CloudRefused naming every fault */
function credentialsIn(text: string, { secret, cloud }: OpenStackSettings): Credentials {
  const reading = readCredentials(text, cloud);
  if ('credentials' in reading) return reading.credentials;
  const { faults } = reading;
  const count = `${faults.length} fault${faults.length === 1 ? '' : 's'}`;
  throw new CloudRefused(`the credentials in the secret ${secret} have ${count}: ${faults.join('; ')}`);
}

async function authorityIn(secret: string, readSecret: ReadSecret): Promise<string> {
  const pem = await textOf(secret, 'the certificate authority of OpenStack', readSecret);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new CloudRefused(
    `the secret ${secret} has no certificate in PEM (-----BEGIN CERTIFICATE-----): put one into it`,
  );
}

/** @throws CloudRefused, or CloudAway when Secrets Manager fails or does not answer */
async function textOf(id: string, what: string, readSecret: ReadSecret): Promise<string> {
  try {
    return await readSecret(id);
  } catch (cause) {
    const failure = secretFailure(cause);
    if (failure === undefined) throw cause;
    const refused = (words: string): CloudRefused => new CloudRefused(words, { cause });
    switch (failure.kind) {
      case 'missing':
        throw refused(`there is no secret ${id} with a current version here: put ${what} in it`);
      case 'empty':
        throw refused(`the secret ${id} has no text: put ${what} into it`);
      case 'refused':
        throw refused(`the secret ${id} must not be read (${failure.reason})`);
      case 'away':
        throw new CloudAway(`the secret ${id} with ${what} cannot be read: ${failure.reason}`, { cause });
    }
  }
}
