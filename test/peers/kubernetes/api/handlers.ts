/** The verbs on a resource: what each request reads or changes, and its answer. */
import { admitted, refusalOf } from '../eviction/admission.ts';
import type { Api } from './api.ts';
import { reviewAccess } from '../access/access-review.ts';
import { createObject } from '../storage/creation.ts';
import { type DeleteOptions, deleteObject } from '../storage/deletion.ts';
import { evict, type Eviction } from '../eviction/eviction.ts';
import type { Effect } from './faults.ts';
import { isJsonObject } from '../storage/json.ts';
import { type Listing, predicate } from './listing.ts';
import type { Key, KubeObject, Manifest } from '../storage/objects.ts';
import { patched } from '../patching/patch.ts';
import type { Projection } from './projection.ts';
import type { User } from '../access/rbac.ts';
import type { RequestInfo } from './request-info.ts';
import { accessReviews, apiVersionOf, pods, type Resource } from '../storage/resources.ts';
import { badRequest, methodNotAllowed, notFound, noSuchPath, success, unsupportedBody } from './status.ts';
import { isDryRun, updateObject } from '../storage/update.ts';

export interface Call {
  readonly resource: Resource;
  readonly request: RequestInfo;
  readonly user: User;
  readonly projection: Projection;
  readonly effect: Effect | undefined;
  readonly contentType: string;
  readonly body: string;
}

export interface Answer {
  readonly code: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

export type HandlerParts = Api & { readonly listing: Listing };

/** Answers one request; refusals are thrown. */
export function handle(parts: HandlerParts, call: Call): Answer {
  const { resource, request } = call;
  if (request.subresource !== '' && !resource.subresources.includes(request.subresource)) throw noSuchPath();
  if (request.subresource === 'eviction') return evictPod(parts, call);
  const run = VERBS[request.verb];
  if (run === undefined) throw methodNotAllowed();
  return run(parts, call);
}

const VERBS: Readonly<Record<string, (parts: HandlerParts, call: Call) => Answer>> = {
  get: (parts, call) => ({ code: 200, body: call.projection.one(stored(parts, call)) }),
  list: ({ listing }, { resource, request, projection }) => ({
    code: 200,
    body: listing.answer(resource, request, projection),
  }),
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

function evictPod(parts: HandlerParts, call: Call): Answer {
  const { request } = call;
  if (request.verb !== 'create' || request.namespace === undefined) throw methodNotAllowed();
  const eviction = parsed(call) as Eviction;
  checkAdmission(call, request.name);
  const key = { namespace: request.namespace, name: request.name };
  return { code: 201, body: evict(parts, key, eviction, isDryRun(request)) };
}

function create({ store }: HandlerParts, call: Call): Answer {
  const { resource, request, projection } = call;
  if (request.name !== '') throw methodNotAllowed();
  const manifest = manifestOf(call);
  if (resource === accessReviews) return { code: 201, body: reviewAccess(store, call.user, manifest) };
  checkAdmission(call, manifest.metadata.name ?? '');
  const options = { namespace: request.namespace, dryRun: isDryRun(request) };
  return { code: 201, body: projection.one(createObject(store, resource, admitted(resource, manifest), options)) };
}

function update(parts: HandlerParts, call: Call): Answer {
  const { resource, request, projection } = call;
  const current = stored(parts, call);
  const sent = manifestOf(call) as KubeObject;
  const change = { current, sent, subresource: request.subresource, verb: 'update' as const };
  checkChange(parts, call, change);
  return { code: 200, body: projection.one(updateObject(parts.store, resource, change, isDryRun(request))) };
}

function patch(parts: HandlerParts, call: Call): Answer {
  const { resource, request, projection, contentType } = call;
  const current = stored(parts, call);
  const sent = patched(current, contentType, parseJson(call.body));
  const change = { current, sent, subresource: request.subresource, verb: 'patch' as const };
  checkChange(parts, call, change);
  return { code: 200, body: projection.one(updateObject(parts.store, resource, change, isDryRun(request))) };
}

function remove(parts: HandlerParts, call: Call): Answer {
  const { resource, request, projection } = call;
  if (request.subresource !== '') throw methodNotAllowed();
  const object = stored(parts, call);
  checkAdmission(call, request.name);
  const last = deleteObject(parts, resource, object, deleteOptions(call));
  const isPod = resource === (pods as Resource);
  if (isPod || parts.store.get(resource, object.metadata) !== undefined)
    return { code: 200, body: projection.one(last) };
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  return { code: 200, body: success(undefined, { name, ...group, kind: resource.plural, uid }) };
}

function removeCollection(parts: HandlerParts, call: Call): Answer {
  const { resource, request, projection } = call;
  const selected = parts.store.list(resource).filter(predicate(resource, request));
  const answer = parts.listing.answer(resource, request, projection);
  for (const object of selected) deleteObject(parts, resource, object, deleteOptions(call));
  return { code: 200, body: answer };
}

/** What admission denies: asked last, when the request is otherwise in order. */
function checkAdmission({ effect, resource }: Call, name: string): void {
  if (effect?.kind === 'deny') throw refusalOf(effect.denial, resource, name);
}

/** A change that conflicts or does not validate is refused for that before any admission is asked. */
function checkChange({ store }: HandlerParts, call: Call, change: Parameters<typeof updateObject>[2]): void {
  if (call.effect?.kind !== 'deny') return;
  updateObject(store, call.resource, change, true);
  checkAdmission(call, call.request.name);
}

function stored({ store }: HandlerParts, { resource, request: { namespace, name } }: Call): KubeObject {
  if (resource.namespaced && namespace === undefined) throw noSuchPath();
  const key: Key = namespace === undefined ? { name } : { namespace, name };
  const object = store.get(resource, key);
  if (object === undefined) throw notFound(resource, name);
  return object;
}

/** Options come in the body or, field by field, in the query. */
function deleteOptions(call: Call): DeleteOptions {
  const { query } = call.request;
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const sent = call.body === '' ? {} : (parsed(call) as DeleteOptions);
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(isDryRun(call.request) ? { dryRun: ['All'] } : {}),
    ...sent,
  };
}

function manifestOf(call: Call): Manifest {
  const { resource } = call;
  const sent = parsed(call) as Partial<Manifest>;
  const { apiVersion = apiVersionOf(resource), kind = resource.kind, metadata = {} } = sent;
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind)
    throw badRequest(
      `${kind} in version "${apiVersion}" cannot be handled as a ${resource.kind} in version "${apiVersionOf(resource)}"`,
    );
  return { ...sent, apiVersion, kind, metadata };
}

function parsed({ body, contentType }: Call): object {
  if (contentType.split(';')[0]?.trim() !== 'application/json') throw unsupportedBody();
  const value = parseJson(body);
  if (!isJsonObject(value)) throw badRequest('the object provided is unrecognized: not an object');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding the body: ${String(error)}`);
  }
}
