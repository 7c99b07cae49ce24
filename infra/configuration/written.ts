/** Reads parts of a configuration as it was written. Any other part may be wrong. */

export type Path = readonly (string | number)[];

/** Returns a value; undefined if it, or an object on the way, is missing. */
export function fieldAt(written: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    written,
  );
}

/** Returns a list; empty if there is none. */
export function listAt(written: unknown, path: Path): readonly unknown[] {
  const value = fieldAt(written, path);
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Returns a number; undefined if there is anything else. @param otherwise if there is nothing */
export function numberAt(written: unknown, path: Path, otherwise?: number): number | undefined {
  const value = fieldAt(written, path) ?? otherwise;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Returns the object without one of its fields. */
export function withoutField<Whole extends object>(whole: Whole, field: string): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field)) as Whole;
}
