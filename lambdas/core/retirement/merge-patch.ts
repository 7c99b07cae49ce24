/**
 * JSON merge patches (RFC 7396) between two states of a run's memory. A durable run keeps the result of every step for
 * its whole life, 100 MB in all (contract 14.1). A drain that is held for two days takes over a thousand rounds, so
 * each round keeps only what it changed. Pure.
 */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Creates the patch from `before` to `after`; undefined when they are the same. Both are plain data. A field that is
 * undefined counts as absent, as in JSON.
 *
 * @throws Error for a null in `after`: in a merge patch, null removes a field
 */
export function mergePatch(before: unknown, after: unknown): unknown {
  if (!isFields(before) || !isFields(after)) return isSame(before, after) ? undefined : after;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].map((name) => [name, changeOf(name, field(before, name), field(after, name))] as const);
  const patch = changes.filter(([, change]) => change !== undefined);
  return patch.length === 0 ? undefined : Object.fromEntries(patch);
}

function changeOf(name: string, before: unknown, after: unknown): unknown {
  if (after === null) throw new Error(`a merge patch cannot keep ${name}: null`);
  if (after === undefined) return before === undefined ? undefined : null;
  return mergePatch(before, isFields(before) ? after : whole(after));
}

/** Applies the patch to a copy of `before`. */
export function patched(before: unknown, patch: unknown): unknown {
  if (patch === undefined) return before;
  if (!isFields(patch)) return patch;
  const after = new Map(isFields(before) ? Object.entries(before) : []);
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) after.delete(name);
    else after.set(name, patched(after.get(name), change));
  }
  return Object.fromEntries(after);
}

/** An own field, never one that objects inherit. */
function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function whole(value: unknown): unknown {
  return isFields(value) ? (mergePatch({}, value) ?? {}) : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
