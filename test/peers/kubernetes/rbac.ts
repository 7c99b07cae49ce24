/** RBAC by ClusterRoles and ClusterRoleBindings; namespaced Roles are not served. */
import type { ClusterRole } from './objects.ts';
import { type RequestInfo, resourceText } from './request-info.ts';
import { clusterRoleBindings, clusterRoles } from './resources.ts';
import { forbidden, forbiddenPath, type Refusal } from './status.ts';
import type { ObjectStore } from './store.ts';

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

type Rule = NonNullable<ClusterRole['rules']>[number];

/** What everyone who is authenticated may read, as `system:discovery` has it. */
const DISCOVERY = ['/healthz', '/livez', '/readyz', '/version', '/api', '/apis', '/openapi'];

/** The refusal that a user gets for a request, or undefined when the request is allowed. */
export function refusalFor(store: ObjectStore, user: User, request: RequestInfo): Refusal | undefined {
  if (user.groups.includes('system:masters')) return undefined;
  const rules = rulesOf(store, user);
  const who = `User "${user.username}" cannot ${request.verb}`;
  const { resource } = request;
  if (resource === undefined) {
    const open = request.method === 'GET' && DISCOVERY.some((root) => isUnder(request.path, root));
    const allowed = open || rules.some((rule) => allowsPath(rule, request));
    return allowed ? undefined : forbiddenPath(`${who} path "${request.path}"`);
  }
  if (rules.some((rule) => allowsResource(rule, request))) return undefined;
  const where = request.namespace === undefined ? 'at the cluster scope' : `in the namespace "${request.namespace}"`;
  const what = `resource "${resourceText(request)}" in API group "${resource.group}" ${where}`;
  return forbidden(resource, request.name, `${who} ${what}`);
}

function rulesOf(store: ObjectStore, user: User): Rule[] {
  return store
    .list(clusterRoleBindings)
    .filter(({ subjects }) => subjects?.some((subject) => isSubject(subject, user)) ?? false)
    .flatMap(({ roleRef }) => store.get(clusterRoles, { name: roleRef.name })?.rules ?? []);
}

function isSubject({ kind, name }: { kind: string; name: string }, { username, groups }: User): boolean {
  if (kind === 'Group') return groups.includes(name) || name === 'system:authenticated';
  return kind === 'User' && name === username;
}

function allowsPath({ verbs, nonResourceURLs }: Rule, { verb, path }: RequestInfo): boolean {
  const covers = (pattern: string): boolean =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
  return has(verbs, verb) && (nonResourceURLs ?? []).some(covers);
}

function allowsResource({ verbs, apiGroups, resources, resourceNames }: Rule, request: RequestInfo): boolean {
  const names = resourceNames ?? [];
  return (
    has(verbs, request.verb) &&
    has(apiGroups, request.resource?.group ?? '') &&
    (has(resources, resourceText(request)) || (resources ?? []).includes(`*/${request.subresource}`)) &&
    (names.length === 0 || names.includes(request.name))
  );
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list?.some((item) => item === '*' || item === wanted) ?? false;
}

function isUnder(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}
