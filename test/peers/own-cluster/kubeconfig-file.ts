/**
 * Somebody's kubeconfig file: the cluster and the credentials of its current context. The client library reads it; what
 * the library leaves out of the format is added here (`tokenFile`, commands beside the file, groups to act as).
 */
import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import type { Agent, RequestOptions } from 'node:https';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { OwnClusterFault, wordsOf } from './fault.ts';

/** What node:https takes to connect to the server as the user. */
export type Access = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized' | 'auth'> & {
  readonly headers: Record<string, string | string[]>;
  /** Set when the kubeconfig names a proxy to go through. */
  readonly agent?: Agent;
};

/** The parts of the format that the client library does not read. */
const rawSchema = z.object({
  kind: z.literal('Config'),
  users: z.optional(
    z.nullable(
      z.array(
        z.object({
          name: z.string(),
          user: z.optional(
            z.nullable(z.object({ tokenFile: z.optional(z.string()), 'as-groups': z.optional(z.array(z.string())) })),
          ),
        }),
      ),
    ),
  ),
});

type RawUser = NonNullable<NonNullable<z.infer<typeof rawSchema>['users']>[number]['user']>;

interface Loaded {
  readonly config: KubeConfig;
  readonly cluster: Cluster;
  readonly raw: RawUser;
}

const HOW_TO_GET_ONE = [
  'kind: kind get kubeconfig > kind.kubeconfig',
  'k3s: sudo cat /etc/rancher/k3s/k3s.yaml > k3s.kubeconfig',
  'any other: kubectl config view --minify --flatten --raw > own.kubeconfig',
];

export class KubeconfigFile {
  readonly file: string;
  #loaded: Loaded;

  /** @throws OwnClusterFault when it cannot be read, or its current context names no cluster or user */
  constructor(file: string) {
    this.file = file;
    this.#loaded = load(file);
  }

  get context(): string {
    return this.#loaded.config.getCurrentContext();
  }

  /** With the path that it may have, as Rancher's have. */
  get server(): URL {
    return new URL(this.#loaded.cluster.server);
  }

  get userEntry(): string {
    return this.#loaded.config.getCurrentUser()?.name ?? '';
  }

  /** Credentials as they are now: tokens of files and plugins are read again when they are due. @throws OwnClusterFault */
  async access(): Promise<Access> {
    const { config, cluster, raw } = this.#loaded;
    const options: RequestOptions & { headers: Record<string, string | string[]> } = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
      if (raw.tokenFile !== undefined) {
        const token = readFileSync(resolve(dirname(this.file), raw.tokenFile), 'utf8').trim();
        options.headers.Authorization = `Bearer ${token}`;
      }
    } catch (cause) {
      throw this.#unusable(cause);
    }
    if (raw['as-groups'] !== undefined) options.headers['Impersonate-Group'] = raw['as-groups'];
    const { agent, ...access } = options;
    return cluster.proxyUrl === undefined ? access : { ...access, agent: agent as Agent };
  }

  /** Forgets what a plugin gave, because the server did not take it. */
  renew(): void {
    this.#loaded = load(this.file);
  }

  #unusable(cause: unknown): OwnClusterFault {
    const exec = execOf(this.#loaded.config.getCurrentUser());
    const what = exec === undefined ? 'credentials' : `credential plugin ${String(exec.command)}`;
    return new OwnClusterFault(
      `the ${what} of user ${this.userEntry} in ${this.file} cannot be used: ${wordsOf(cause)}`,
      [`try the same file: kubectl --kubeconfig ${this.file} get nodes`],
      cause,
    );
  }
}

function load(file: string): Loaded {
  const text = readText(file);
  const config = new KubeConfig();
  let raw: z.infer<typeof rawSchema>;
  try {
    raw = rawSchema.parse(parse(text));
    config.loadFromFile(file);
  } catch (cause) {
    throw new OwnClusterFault(`${file} is not a kubeconfig: ${firstFault(cause)}`, HOW_TO_GET_ONE, cause);
  }
  const { cluster, user } = current(config, file);
  completeExec(user, file);
  return { config, cluster, raw: raw.users?.find(({ name }) => name === user.name)?.user ?? {} };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new OwnClusterFault(`there is no file ${file}`, HOW_TO_GET_ONE, cause);
    throw new OwnClusterFault(`${file} cannot be read: ${wordsOf(cause)}`, ['make a copy that you may read'], cause);
  }
}

function firstFault(cause: unknown): string {
  if (!(cause instanceof z.core.$ZodError)) return wordsOf(cause).split('\n')[0] ?? '';
  const { path, message } = cause.issues[0] ?? { path: [], message: '' };
  return path.join('.') === 'kind' ? 'it does not say "kind: Config"' : `${path.join('.')}: ${message}`;
}

function current(config: KubeConfig, file: string): { cluster: Cluster; user: User } {
  const fault = (what: string, fix: string): OwnClusterFault => new OwnClusterFault(`${file} ${what}`, [fix]);
  const name = config.getCurrentContext() as string | undefined;
  const use = `kubectl --kubeconfig ${file} config use-context NAME`;
  if (!name) throw fault('has no current context', use);
  const context = config.getContextObject(name);
  if (context === null) throw fault(`has no context ${name}, which is its current one`, use);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw fault(`has no cluster ${context.cluster}, which context ${name} names`, use);
  const user = config.getCurrentUser();
  if (user === null) throw fault(`has no user ${context.user}, which context ${name} names`, use);
  const scheme = /^(https?):\/\//.exec(cluster.server)?.[1];
  if (scheme === undefined || !URL.canParse(cluster.server))
    throw fault(`names the server ${cluster.server}, which is no https address`, 'correct clusters[].cluster.server');
  if (scheme === 'http' && !cluster.skipTLSVerify)
    throw fault(
      `names a server without TLS, ${cluster.server}`,
      'take its https address, or say insecure-skip-tls-verify: true if it has none',
    );
  return { cluster, user };
}

interface Exec {
  apiVersion?: string;
  command?: string;
  env?: { name: string; value: string }[] | null;
}

function execOf(user: User | null): Exec | undefined {
  return (user?.exec ?? undefined) as Exec | undefined;
}

/** As kubectl does: a command with a path is beside the file, and plugins are told which version to answer in. */
function completeExec(user: User, file: string): void {
  const exec = execOf(user);
  if (exec === undefined) return;
  const { command = '', apiVersion } = exec;
  if (command.includes('/') && !isAbsolute(command)) exec.command = resolve(dirname(file), command);
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  exec.env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
}
