/** Reads parts of a configuration as it was written, which may be wrong in any other part. */

export type Path = readonly (string | number)[];

/** Undefined where there is nothing, or nothing with fields. */
export function fieldAt(written: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    written,
  );
}

/** Empty where there is no list. */
export function listAt(written: unknown, path: Path): readonly unknown[] {
  const value = fieldAt(written, path);
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Undefined where there is something else. @param otherwise where there is nothing */
export function numberAt(written: unknown, path: Path, otherwise?: number): number | undefined {
  const value = fieldAt(written, path) ?? otherwise;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** The same object without one of its fields. */
export function withoutField<Whole extends object>(whole: Whole, field: string): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field)) as Whole;
}
