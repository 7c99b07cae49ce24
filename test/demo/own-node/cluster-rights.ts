/**
 * Whether the user of a kubeconfig has the rights that are needed: the API server is asked by SelfSubjectAccessReview, and
 * where it does not answer that, each right is tried on an object that does not exist.
 */
import * as z from 'zod/mini';
import { CLUSTER_ROLE_RULES } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import type { Upstream, UpstreamRequest } from '../../peers/own-cluster/upstream.ts';

export interface Right {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/eviction`. */
  readonly resource: string;
}

type Server = Pick<Upstream, 'ask' | 'look'>;

export const NEEDED_RIGHTS: readonly Right[] = CLUSTER_ROLE_RULES.flatMap(({ apiGroups, resources, verbs }) =>
  apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })))),
);

/** @throws OwnClusterFault naming each right that is missing, and how to give it */
export async function checkRights(server: Server, rights = NEEDED_RIGHTS, grant = howToGrant): Promise<void> {
  const checked = await Promise.all(rights.map(async (right) => ({ right, verdict: await judgeRight(server, right) })));
  const missing = checked.filter(({ verdict }) => !verdict.allowed);
  if (missing.length === 0) return;
  const user = (await userName(server)) ?? missing.flatMap(({ verdict }) => verdict.user ?? [])[0];
  const names = missing.map(({ right }) => `  ${right.verb} ${right.resource}${right.group && ` (${right.group})`}`);
  throw new OwnClusterFault(
    [`${user ?? 'the user of the kubeconfig'} lacks rights in the cluster:`, ...names].join('\n'),
    grant(user),
  );
}

/** The commands that give a user the shipped ClusterRole. */
export function howToGrant(user?: string): string[] {
  return [
    'as an administrator of the cluster:',
    '  npm run -s cluster-role | kubectl apply -f -',
    `  kubectl create clusterrolebinding ebb-demo --clusterrole=ebb ${subjectOption(user)}`,
  ];
}

/** What makes `kubectl create clusterrolebinding` bind a user, who may be a service account. */
export function subjectOption(user = 'NAME'): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace === undefined ? `--user=${user}` : `--serviceaccount=${namespace}:${name ?? ''}`;
}

/** The user whom the API server's refusal names, when `message` is one of RBAC's. */
export function refusedUser(message: string): { user: string } | undefined {
  const [, user] = /User "([^"]+)" cannot \S+ resource/.exec(message) ?? [];
  return user === undefined ? undefined : { user };
}

interface RightVerdict {
  readonly allowed: boolean;
  /** As the server names the user, when it refused. */
  readonly user?: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

async function judgeRight(server: Server, right: Right): Promise<RightVerdict> {
  const [resource, subresource] = right.resource.split('/');
  const { verb, group } = right;
  const resourceAttributes = { verb, group, resource, ...(subresource !== undefined && { subresource }) };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const answer = await server.ask(post(REVIEWS, review));
  const reviewed = answer.status === 201 ? reviewSchema.safeParse(answer.body).data : undefined;
  return reviewed === undefined ? tryRight(server, right) : { allowed: reviewed.status.allowed };
}

/** Nobody's: whoever has the right is told that it does not exist. Nothing is changed, even if it does. */
const NO_SUCH = 'ebb-demo-no-such-name';

const METHODS: Readonly<Record<string, string>> = { patch: 'PATCH', delete: 'DELETE', create: 'POST' };

async function tryRight(server: Server, right: Right): Promise<RightVerdict> {
  const { status, body } = await server.look(trial(right));
  if (status !== 403) return { allowed: true };
  return { allowed: false, ...refusedUser(String((body as { message?: unknown } | null)?.message)) };
}

function trial({ verb, group, resource }: Right): UpstreamRequest {
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  const [plural = '', subresource] = resource.split('/');
  if (verb === 'list') return { method: 'GET', path: `${root}/${plural}?limit=1` };
  if (verb === 'watch') return { method: 'GET', path: `${root}/${plural}?watch=true&limit=1&timeoutSeconds=1` };
  const place = `${root}/${CLUSTER_WIDE.has(plural) ? plural : `namespaces/default/${plural}`}`;
  if (subresource !== undefined) return trialOn(`${place}/${NO_SUCH}/${subresource}`, verb);
  // No object: whoever has the right is told that it is none.
  return verb === 'create' ? post(`${place}?dryRun=All`, {}) : trialOn(`${place}/${NO_SUCH}`, verb);
}

function trialOn(path: string, verb: string): UpstreamRequest {
  if (verb === 'get') return { method: 'GET', path };
  const metadata = { namespace: 'default', name: NO_SUCH };
  const bodies: Readonly<Record<string, object>> = {
    create: { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions: { dryRun: ['All'] } },
    delete: { dryRun: ['All'] },
    patch: {},
  };
  return { ...post(`${path}?dryRun=All`, bodies[verb] ?? {}, verb === 'patch'), method: METHODS[verb] ?? '' };
}

const CLUSTER_WIDE = new Set(['nodes', 'namespaces', 'volumeattachments']);

/** Who we are to the server; it answers since Kubernetes 1.28. */
async function userName(server: Server): Promise<string | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { status, body } = await server.ask(post('/apis/authentication.k8s.io/v1/selfsubjectreviews', review));
  if (status !== 201) return undefined;
  return z.safeParse(z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) }), body).data
    ?.status.userInfo.username;
}

function post(path: string, body: object, merging = false): UpstreamRequest {
  const type = merging ? 'application/merge-patch+json' : 'application/json';
  return { method: 'POST', path, headers: { 'content-type': type }, body: Buffer.from(JSON.stringify(body)) };
}
