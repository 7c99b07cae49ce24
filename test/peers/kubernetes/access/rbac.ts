/** RBAC by ClusterRoles and ClusterRoleBindings; namespaced Roles are not served. */
import type { ClusterRole, ClusterRoleBinding } from '../storage/objects.ts';
import { type RequestInfo, resourceText } from '../api/request-info.ts';
import { clusterRoleBindings, clusterRoles } from '../storage/resources.ts';
import { forbidden, forbiddenPath } from './access-refusals.ts';
import { type Refusal } from '../api/status.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/** What is asked for, in RBAC's terms; the resource need not be one that is served. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** `pods`, without its subresource. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string | undefined;
  /** Empty for a collection. */
  readonly name: string;
}

/** `reason` says by what it is allowed, in the server's words; empty for system:masters and for what is not allowed. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
}

type Rule = NonNullable<ClusterRole['rules']>[number];

/** A rule, and the words for where it comes from. */
interface Grant {
  readonly rule: Rule;
  readonly origin: string;
}

const EVERYONE = 'system:authenticated';
/** What everyone who is authenticated may read, as `system:discovery` has it. */
const DISCOVERY = ['/healthz', '/livez', '/readyz', '/version', '/api', '/apis', '/openapi'];
/** What everyone who is authenticated may ask for, as `system:basic-user` has it. */
const BASIC: Grant = {
  rule: { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'], verbs: ['create'] },
  origin: `ClusterRoleBinding "system:basic-user" of ClusterRole "system:basic-user" to Group "${EVERYONE}"`,
};

const DENIED: Verdict = { allowed: false, reason: '' };
const MASTER: Verdict = { allowed: true, reason: '' };

/** The refusal that a user gets for a request, or undefined when the request is allowed. */
export function refusalFor(store: ObjectStore, user: User, request: RequestInfo): Refusal | undefined {
  const { verb, path, resource, subresource, namespace, name } = request;
  const who = `User "${user.username}" cannot ${verb}`;
  if (resource === undefined)
    return judgePath(store, user, { verb, path }).allowed ? undefined : forbiddenPath(`${who} path "${path}"`);
  const { group, plural } = resource;
  if (judge(store, user, { verb, group, resource: plural, subresource, namespace, name }).allowed) return undefined;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return forbidden(resource, name, `${who} resource "${resourceText(request)}" in API group "${group}" ${where}`);
}

/** Whether a user may do something to a resource. */
export function judge(store: ObjectStore, user: User, attributes: Attributes): Verdict {
  return verdict(store, user, (rule) => allowsResource(rule, attributes));
}

/** Whether a user may read or write a path that is no resource. */
export function judgePath(store: ObjectStore, user: User, { verb, path }: { verb: string; path: string }): Verdict {
  const open = verb === 'get' && DISCOVERY.some((root) => path === root || path.startsWith(`${root}/`));
  return open ? { allowed: true, reason: '' } : verdict(store, user, (rule) => allowsPath(rule, verb, path));
}

function verdict(store: ObjectStore, user: User, allows: (rule: Rule) => boolean): Verdict {
  if (user.groups.includes('system:masters')) return MASTER;
  const grant = grantsOf(store, user).find(({ rule }) => allows(rule));
  return grant === undefined ? DENIED : { allowed: true, reason: `RBAC: allowed by ${grant.origin}` };
}

function grantsOf(store: ObjectStore, user: User): Grant[] {
  const basic = user.groups.includes(EVERYONE) ? [BASIC] : [];
  return [...basic, ...store.list(clusterRoleBindings).flatMap((binding) => grantsBy(store, binding, user))];
}

function grantsBy(store: ObjectStore, { metadata, roleRef, subjects = [] }: ClusterRoleBinding, user: User): Grant[] {
  const subject = subjects.find((one) => isSubject(one, user));
  if (subject === undefined) return [];
  const rules = store.get(clusterRoles, { name: roleRef.name })?.rules ?? [];
  const to = `${subject.kind} "${subject.name}"`;
  const origin = `ClusterRoleBinding "${metadata.name}" of ClusterRole "${roleRef.name}" to ${to}`;
  return rules.map((rule) => ({ rule, origin }));
}

function isSubject({ kind, name }: { kind: string; name: string }, { username, groups }: User): boolean {
  return kind === 'Group' ? groups.includes(name) : kind === 'User' && name === username;
}

function allowsPath({ verbs, nonResourceURLs }: Rule, verb: string, path: string): boolean {
  const covers = (pattern: string): boolean =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
  return has(verbs, verb) && (nonResourceURLs ?? []).some(covers);
}

function allowsResource({ verbs, apiGroups, resources, resourceNames }: Rule, asked: Attributes): boolean {
  const names = resourceNames ?? [];
  const { verb, group, resource, subresource, name } = asked;
  const text = subresource === '' ? resource : `${resource}/${subresource}`;
  const anyOf = subresource === '' ? [] : [`*/${subresource}`];
  return (
    has(verbs, verb) &&
    has(apiGroups, group) &&
    [text, ...anyOf].some((wanted) => has(resources, wanted)) &&
    (names.length === 0 || names.includes(name))
  );
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list?.some((item) => item === '*' || item === wanted) ?? false;
}
