/**
 * Strategic merge patch: a merge patch in which some lists merge by a key.
 *
 * Which ones is said by the patch strategies of the API reference. A list not in the table is atomic and replaced whole;
 * that includes `spec.taints` of a node and `spec.tolerations` of a pod ("Atomic: will be replaced during a merge").
 */
import { isJsonObject, type Json, type JsonObject } from '../storage/json.ts';

/** The merge key by path without `spec.template`; `''` is a set of plain values. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  'metadata.finalizers': '',
  'metadata.ownerReferences': 'uid',
  'spec.podCIDRs': '',
  'spec.containers': 'name',
  'spec.containers.env': 'name',
  'spec.containers.ports': 'containerPort',
  'spec.containers.volumeMounts': 'mountPath',
  'spec.initContainers': 'name',
  'spec.volumes': 'name',
  'spec.imagePullSecrets': 'name',
  'spec.topologySpreadConstraints': 'topologyKey',
  'spec.ports': 'port',
  'status.addresses': 'type',
  'status.conditions': 'type',
};

export function strategicPatch(document: Json, patch: Json): Json {
  if (!isJsonObject(document) || !isJsonObject(patch)) return patch;
  return mergeObject(document, patch, '');
}

function mergeObject(original: JsonObject, patch: JsonObject, path: string): JsonObject {
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch === 'delete') return {};
  const merged = retained(original, patch.$retainKeys);
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) applyListDirective(merged, field, value);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the field's name is the patch's
    else if (value === null) delete merged[field];
    else if (value !== undefined) merged[field] = mergeField(merged[field], value, `${path}.${field}`);
  }
  return merged;
}

function mergeField(original: Json | undefined, patch: Json, path: string): Json {
  if (Array.isArray(patch)) return mergeList(Array.isArray(original) ? original : [], patch, path);
  if (isJsonObject(patch)) return mergeObject(isJsonObject(original) ? original : {}, patch, path);
  return patch;
}

function mergeList(original: Json[], patch: Json[], path: string): Json[] {
  const key = MERGE_KEYS[path.slice(1).replace('spec.template.', '')];
  if (key === undefined) return patch;
  if (key === '') return [...original, ...patch.filter((value) => !original.includes(value))];
  const items = patch.filter(isJsonObject);
  if (items.some((item) => item.$patch === 'replace')) return items.filter((item) => item.$patch !== 'replace');
  return items.reduce((list, item) => mergeItem(list, item, { key, path }), original);
}

function mergeItem(list: Json[], item: JsonObject, { key, path }: { key: string; path: string }): Json[] {
  const isIt = (other: Json): boolean => isJsonObject(other) && other[key] === item[key];
  if (item.$patch === 'delete') return list.filter((other) => !isIt(other));
  if (!list.some(isIt)) return [...list, withoutDirectives(item)];
  return list.map((other) => (isIt(other) ? mergeObject(other as JsonObject, item, path) : other));
}

/** `$deleteFromPrimitiveList/finalizers: [x]`; the order directives are taken as said by the result. */
function applyListDirective(merged: JsonObject, directive: string, value: Json | undefined): void {
  const [name, field] = directive.split('/');
  const list = field === undefined ? undefined : merged[field];
  if (name !== '$deleteFromPrimitiveList' || field === undefined || !Array.isArray(list) || !Array.isArray(value))
    return;
  merged[field] = list.filter((item) => !value.includes(item));
}

function retained(original: JsonObject, keys: Json | undefined): JsonObject {
  if (!Array.isArray(keys)) return { ...original };
  return Object.fromEntries(Object.entries(original).filter(([field]) => keys.includes(field)));
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}
