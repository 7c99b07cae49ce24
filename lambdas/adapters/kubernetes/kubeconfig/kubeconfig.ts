/**
 * Reads a kubeconfig: the server, authority and credentials of one context. All faults are named at once, each by its
 * field and never with its value. (KubeConfig of the client library reads files and runs plugins, and brings 240 KB into
 * a bundle: platform 3.)
 */
import * as z from 'zod/mini';
import { list, object } from '../../../core/settings/fields.ts';
import { faulty, secretYaml, type Faulty } from '../../secrets/secret-yaml.ts';
import type { Access } from '../api/access.ts';
import { clusterEntry, userEntry, type ClusterEntry, type UserEntry } from './entries.ts';
import { faultsOfAuthority, faultsOfCredentials } from './entry-faults.ts';
import { decoded } from './pem.ts';

/** What a kubeconfig gives, or all that is wrong with it, such as `users[0].user.exec must be left out: …`. */
export type Reading = { readonly access: Access } | Faulty;

/** Fields of the format. Of the entries only those that the context names are checked. */
const kubeconfigSchema = object(
  {
    kind: z.optional(z.literal('Config', 'must be Config')),
    'current-context': z.optional(z.nullable(z.string('must be the name of a context'))),
    contexts: entries('context'),
    clusters: entries('cluster'),
    users: entries('user'),
  },
  '{ kind: Config, clusters: […], users: […], contexts: […], current-context: … }',
);

type Kubeconfig = z.output<typeof kubeconfigSchema>;

function entries(kind: string) {
  const like = `{ name: …, ${kind}: … }`;
  const named = z.looseObject({ name: z.string('must be text') }, `must be an object such as ${like}`);
  return z.optional(z.nullable(list(named, `[${like}]`)));
}

const contextEntry = object(
  { cluster: z.string('must be the name of a cluster'), user: z.string('must be the name of a user') },
  '{ cluster: …, user: … }',
);

/** @param context @default the current one */
export function readKubeconfig(written: string, context?: string): Reading {
  const yaml = secretYaml(written);
  if ('faults' in yaml) return yaml;
  const whole = checked(kubeconfigSchema, yaml.value, []);
  if ('faults' in whole) return whole;
  const name = context ?? whole.value['current-context'] ?? '';
  if (name === '') return faulty('current-context is missing: name a context there, or in access.context');
  const namedBy = context === undefined ? 'current-context' : 'access.context of the configuration';
  const chosen = entryOf(whole.value.contexts, { kind: 'context', name, namedBy }, contextEntry);
  if ('faults' in chosen) return chosen;
  return accessOf(whole.value, name, chosen.value);
}

function accessOf({ clusters, users }: Kubeconfig, context: string, named: z.output<typeof contextEntry>): Reading {
  const namedBy = `context ${context}`;
  const cluster = entryOf(clusters, { kind: 'cluster', name: named.cluster, namedBy }, clusterEntry, faultsOfAuthority);
  const user = entryOf(users, { kind: 'user', name: named.user, namedBy }, userEntry, faultsOfCredentials);
  if ('value' in cluster && 'value' in user)
    return { access: { ...addressOf(cluster.value), ...identityOf(user.value) } };
  return faulty(...[cluster, user].flatMap((each) => ('faults' in each ? each.faults : [])));
}

function addressOf(cluster: ClusterEntry): Omit<Access, 'token' | 'client'> {
  const { 'certificate-authority-data': authority, 'tls-server-name': serverName } = cluster;
  const { origin, pathname } = new URL(cluster.server);
  return {
    server: origin + pathname.replace(/\/+$/, ''),
    ...(authority != null && { ca: decoded(authority) }),
    ...(serverName != null && { serverName }),
  };
}

function identityOf(user: UserEntry): Pick<Access, 'token' | 'client'> {
  const { token, 'client-certificate-data': certificate, 'client-key-data': key } = user;
  return {
    ...(token != null && { token }),
    ...(certificate != null && key != null && { client: { certificate: decoded(certificate), key: decoded(key) } }),
  };
}

interface Named {
  readonly kind: 'context' | 'cluster' | 'user';
  readonly name: string;
  /** What names it, for the fault when there is none. */
  readonly namedBy: string;
}

/** @param further faults of the entry as it was written that no single field shows */
function entryOf<Schema extends z.ZodMiniType>(
  entries: Kubeconfig['contexts'],
  { kind, name, namedBy }: Named,
  schema: Schema,
  further: (entry: unknown, at: string) => readonly string[] = () => [],
): { readonly value: z.output<Schema> } | Faulty {
  const index = entries?.findIndex((entry) => entry.name === name) ?? -1;
  if (index === -1) return faulty(`${kind}s has no ${kind} ${name}, which ${namedBy} names`);
  const written = entries?.[index]?.[kind];
  const read = checked(schema, written, [`${kind}s`, index, kind]);
  const faults = [...('faults' in read ? read.faults : []), ...further(written, `${kind}s[${index}].${kind}`)];
  return faults.length === 0 && 'value' in read ? read : { faults };
}

function checked<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  at: readonly PropertyKey[],
): { readonly value: z.output<Schema> } | Faulty {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return { value: data };
  return faulty(...error.issues.map(({ path, message }) => `${fieldName([...at, ...path])} ${message}`));
}

/** Returns a field's name, such as `users[0].user.token`; `it` for the whole. */
function fieldName(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return parts.length === 0 ? 'it' : parts.join('').replace(/^\./, '');
}
