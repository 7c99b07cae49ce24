/** RFC 6902: JSON patch, `test` included. */
import { isJsonObject, isSameJson, type Json } from '../storage/json.ts';
import { badRequest, unappliablePatch } from '../api/status.ts';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: Json;
}

/** The document after all operations; a 400 when the patch is none, a 422 when an operation cannot be applied. */
export function jsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object into Go value');
  return patch.map(parse).reduce(apply, structuredClone(document));
}

function parse(operation: Json): Operation {
  if (!isJsonObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string')
    throw badRequest('error decoding patch: an operation needs op and path');
  return operation as unknown as Operation;
}

function apply(document: Json, operation: Operation): Json {
  const run = OPERATIONS[operation.op];
  if (run === undefined) throw unappliablePatch();
  return run(document, { value: null, from: '', ...operation });
}

const OPERATIONS: Readonly<Record<string, (document: Json, operation: Required<Operation>) => Json>> = {
  add: (document, { path, value }) => add(document, path, value),
  replace: (document, { path, value }) => replace(document, path, value),
  remove: (document, { path }) => remove(document, path),
  copy: (document, { path, from }) => add(document, path, structuredClone(read(document, from))),
  move: (document, { path, from }) => {
    const moved = read(document, from);
    return add(remove(document, from), path, moved);
  },
  test: (document, { path, value }) => {
    if (!isSameJson(readOrNull(document, path), value)) throw unappliablePatch();
    return document;
  },
};

function add(document: Json, path: string, value: Json): Json {
  if (path === '') return value;
  const { parent, field } = locate(document, path);
  if (Array.isArray(parent)) parent.splice(field === '-' ? parent.length : index(parent.length, field), 0, value);
  else parent[field] = value;
  return document;
}

function replace(document: Json, path: string, value: Json): Json {
  read(document, path);
  if (path === '') return value;
  const { parent, field } = locate(document, path);
  if (Array.isArray(parent)) parent[Number(field)] = value;
  else parent[field] = value;
  return document;
}

function remove(document: Json, path: string): Json {
  read(document, path);
  const { parent, field } = locate(document, path);
  if (Array.isArray(parent)) parent.splice(Number(field), 1);
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the field's name is the patch's
  else delete parent[field];
  return document;
}

function read(document: Json, path: string): Json {
  const found = pointer(path).reduce<Json | undefined>(step, document);
  if (found === undefined) throw unappliablePatch();
  return found;
}

/** As evanphx/json-patch has it: an absent field equals null in a test. */
function readOrNull(document: Json, path: string): Json {
  return pointer(path).reduce<Json | undefined>(step, document) ?? null;
}

function step(value: Json | undefined, field: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(field)];
  return isJsonObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}

function locate(document: Json, path: string): { parent: Json[] | Record<string, Json>; field: string } {
  const fields = pointer(path);
  const field = fields.pop() ?? '';
  const parent = fields.reduce<Json | undefined>(step, document);
  if (!Array.isArray(parent) && !isJsonObject(parent)) throw unappliablePatch();
  return { parent: parent as Json[] | Record<string, Json>, field };
}

function pointer(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw unappliablePatch();
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function index(length: number, field: string): number {
  const at = Number(field);
  if (!Number.isInteger(at) || at < 0 || at > length) throw unappliablePatch();
  return at;
}
