/**
 * Access by a kubeconfig in Secrets Manager (contract 15.1). The secret is read when the cluster is opened. It is read
 * again when the server does not know us, is not to be trusted or does not answer, because somebody may have changed it.
 * Messages name the secret and its fields, never what stands in them.
 */
import { ClusterAway, ClusterRefused, type ClusterError } from '../../../core/kubernetes/cluster-error.ts';
import type { KubeconfigAccess } from '../../../core/settings/cluster-settings.ts';
import { secretFailure, type ReadSecret } from '../../secrets/secret-failure.ts';
import type { Access, AccessFailure, AccessSource } from '../api/access.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** How long the address of a server that does not answer is believed, milliseconds. */
const BELIEVED_MS = 60_000;

export function kubeconfigAccess(settings: KubeconfigAccess, readSecret: ReadSecret): AccessSource {
  const { kubeconfigSecret: id } = settings;
  let known: Access | undefined;
  let readAt = 0;
  let reading: Promise<Access> | undefined;
  const read = async (): Promise<Access> => {
    known = accessIn(await textOf(id, readSecret), settings);
    readAt = Date.now();
    return known;
  };
  /** Reads once for all that ask at the same time: fifty evictions may be refused at once. */
  const readNow = (): Promise<Access> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    current: () => (known === undefined ? readNow() : Promise.resolve(known)),
    renew: (failed) => (known === undefined || known === failed ? readNow() : Promise.resolve(known)),
    unanswered: (failed) => {
      if (known === failed && Date.now() - readAt >= BELIEVED_MS) known = undefined;
    },
    errorOf: (failed, failure) => errorOf(id, failed, failure),
  };
}

/** @throws ClusterRefused naming every fault */
function accessIn(text: string, { kubeconfigSecret: id, context }: KubeconfigAccess): Access {
  const read = readKubeconfig(text, context);
  if ('access' in read) return read.access;
  const { faults } = read;
  const count = `${faults.length} fault${faults.length === 1 ? '' : 's'}`;
  throw new ClusterRefused(`the kubeconfig in the secret ${id} has ${count}: ${faults.join('; ')}`);
}

/** @throws ClusterRefused, or ClusterAway when Secrets Manager fails or does not answer */
async function textOf(id: string, readSecret: ReadSecret): Promise<string> {
  try {
    return await readSecret(id);
  } catch (cause) {
    const failure = secretFailure(cause);
    if (failure === undefined) throw cause;
    const refused = (words: string): ClusterRefused => new ClusterRefused(words, { cause });
    switch (failure.kind) {
      case 'missing':
        throw refused(`there is no secret ${id} with a current version here: put the kubeconfig in it`);
      case 'empty':
        throw refused(`the secret ${id} has no text: put the kubeconfig into it, as a whole`);
      case 'refused':
        throw refused(`the secret ${id} must not be read (${failure.reason}): ${WHAT_TO_CHECK}`);
      case 'away':
        throw new ClusterAway(`the secret ${id} with the kubeconfig cannot be read: ${failure.reason}`, { cause });
    }
  }
}

const WHAT_TO_CHECK =
  'check that it exists, in this account and region, that it is not marked for deletion, and who may use its key';

function errorOf(id: string, { server, client }: Access, failure: AccessFailure): ClusterError {
  const from = `the kubeconfig in the secret ${id}`;
  if (failure.kind === 'untrusted') {
    const fix = 'correct certificate-authority-data, or tls-server-name if the certificate has another name';
    return new ClusterRefused(`${from} does not trust the API server ${server} (${failure.reason}): ${fix}`);
  }
  if (failure.kind === 'expired')
    return new ClusterAway(`the API server ${server} has a certificate that is out of its time: ${failure.reason}`);
  const what = client === undefined ? 'token' : 'client certificate';
  return new ClusterRefused(
    `the API server ${server} does not take the ${what} of ${from}: it has expired or been withdrawn, put a new one in`,
  );
}
