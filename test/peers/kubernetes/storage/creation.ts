/** Storing new objects: namespace, name, defaults, validation. */
import { withDefaults } from './defaults.ts';
import type { Key, KubeObject, Manifest, PodSpec } from './objects.ts';
import { apiVersionOf, namespaces, nodes, pods, type Resource } from './resources.ts';
import { terminatingNamespace } from '../access/access-refusals.ts';
import { alreadyExists, badRequest, notFound } from '../api/status.ts';
import type { ObjectStore } from './store.ts';
import { topologyLabels } from '../world/topology-labels.ts';
import { validate } from './validation.ts';

/**
 * Creates an object from what a client sent, or only checks that it could be (`dryRun`).
 *
 * @param namespace - of the URL; undefined for what is not namespaced
 * @returns the stored object; refuses with 400, 403 (terminating namespace), 404 (no namespace), 409 or 422
 */
export function createObject(
  store: ObjectStore,
  resource: Resource,
  sent: Manifest,
  { namespace, dryRun = false }: { namespace?: string | undefined; dryRun?: boolean } = {},
): KubeObject {
  const manifest = withTopology(store, resource, withDefaults(named(resource, sent, namespace)));
  const key = manifest.metadata as Key;
  if (namespace !== undefined) checkNamespace(store, { resource, namespace, name: key.name });
  if (store.get(resource, key) !== undefined) throw alreadyExists(resource, key.name);
  const object = { ...manifest, metadata: key };
  validate(resource, object as unknown as KubeObject);
  return dryRun ? store.draft(resource, object) : store.create(resource, object);
}

/** A create in a namespace that is missing or going, of an object or of a subresource such as an eviction. */
export function checkNamespace(
  store: ObjectStore,
  { resource, namespace, name }: { resource: Resource; namespace: string; name: string },
): void {
  const home = store.get(namespaces, { name: namespace });
  if (home === undefined) throw notFound(namespaces, namespace);
  if (home.status.phase === 'Terminating') throw terminatingNamespace(resource, name, namespace);
}

function named(resource: Resource, sent: Manifest, namespace: string | undefined): Manifest {
  const name = nameOf(sent);
  checkPlace(resource, sent, namespace);
  const place = namespace === undefined ? {} : { namespace };
  const status = resource === (pods as Resource) ? undefined : sent.status;
  return { ...sent, apiVersion: apiVersionOf(resource), status, metadata: { ...sent.metadata, name, ...place } };
}

/** A pod that is made for a node is labelled as one that is bound. */
function withTopology(store: ObjectStore, resource: Resource, manifest: Manifest): Manifest {
  const { nodeName } = (manifest.spec ?? {}) as Partial<PodSpec>;
  if (resource !== (pods as Resource) || nodeName === undefined) return manifest;
  const labels = { ...manifest.metadata.labels, ...topologyLabels(store.get(nodes, { name: nodeName })) };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

function nameOf({ metadata: { generateName, name } }: Manifest): string {
  if (name !== undefined) return name;
  if (generateName === undefined) throw badRequest('name or generateName is required');
  return generateName + suffix();
}

function checkPlace(resource: Resource, { metadata }: Manifest, namespace: string | undefined): void {
  if (resource.namespaced && namespace === undefined) throw badRequest('an empty namespace may not be set on creation');
  if (namespace !== undefined && (metadata.namespace ?? namespace) !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** The five characters at the end of generated names: no vowels, so no words. */
export function suffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('');
}
