/** What a request asks for, read from its method, path and query as the API server's RequestInfo does. */
import { type Resource, resourceAt } from '../storage/resources.ts';

export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the method for other paths. */
  readonly verb: string;
  /** Undefined for a path that names no served resource. */
  readonly resource: Resource | undefined;
  readonly namespace: string | undefined;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
}

const VERBS: Readonly<Record<string, [one: string, collection: string]>> = {
  GET: ['get', 'list'],
  HEAD: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

export function readRequest(method: string, url: string): RequestInfo {
  const { pathname, searchParams: query } = new URL(url);
  // As Go does: decoded before it is taken apart, so that `web%2Fscale` is a subresource of `web`.
  const path = decodeURIComponent(pathname);
  const { apiVersion, rest } = splitVersion(path);
  const { namespace, place } = splitNamespace(rest);
  const [plural = '', name = '', subresource = ''] = place;
  const resource = resourceAt(apiVersion, plural);
  const verb = resource === undefined ? method.toLowerCase() : verbOf(method, name, query);
  return { method, path, query, verb, resource, namespace, name: name || namedByField(query), subresource };
}

/** `/api/v1/...` or `/apis/GROUP/VERSION/...` */
function splitVersion(path: string): { apiVersion: string; rest: string[] } {
  const [root, ...parts] = path.split('/').filter((part) => part !== '');
  const length = root === 'api' ? 1 : 2;
  return { apiVersion: parts.slice(0, length).join('/'), rest: parts.slice(length) };
}

/** The verb and resource as RBAC rules name them: `pods/eviction`. */
export function resourceText({ resource, subresource }: RequestInfo): string {
  if (resource === undefined) return '';
  return subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const [one, collection] = VERBS[method] ?? [method, method];
  if (name !== '') return one;
  const watch = query.get('watch');
  return collection === 'list' && (watch === 'true' || watch === '1') ? 'watch' : collection;
}

/** A namespace's own `status` is not a collection in it. */
function splitNamespace(rest: string[]): { namespace: string | undefined; place: string[] } {
  const inNamespace = rest[0] === 'namespaces' && rest[2] !== undefined && !['status', 'finalize'].includes(rest[2]);
  return inNamespace ? { namespace: rest[1], place: rest.slice(2) } : { namespace: undefined, place: rest };
}

/** A list or watch of one name by field selector counts as that name for resourceNames rules. */
function namedByField(query: URLSearchParams): string {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
}
