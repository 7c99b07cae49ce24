/**
 * Fields that the configuration does not have. One that resembles a field that is missing is read as that one, so that
 * its value is checked too, and that a misspelt field is one fault and not two.
 */
import { distance } from 'fastest-levenshtein';
import type * as z from 'zod/v4/core';
import { durationSeconds } from './duration.ts';
import type { Fault } from './fault.ts';

export interface Respelt {
  /** As it was written, with the fields that it should have had. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

export function respell(schema: z.$ZodType, value: unknown, path: readonly PropertyKey[] = []): Respelt {
  const { def } = innermost(schema)._zod;
  if (def.type === 'array' && Array.isArray(value)) {
    const elements = value.map((element: unknown, index) => respell(def.element, element, [...path, index]));
    return { value: elements.map((each) => each.value), faults: elements.flatMap(({ faults }) => faults) };
  }
  if (def.type === 'object' && isObject(value)) return respellObject(def.shape, value, path);
  return { value, faults: [] };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without what says that the value may be missing, or what becomes of it. */
function innermost(schema: z.$ZodType): z.$ZodTypes {
  const known = schema as z.$ZodTypes;
  const { def } = known._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      return innermost(def.innerType);
    case 'pipe':
      return innermost(def.in);
    default:
      return known;
  }
}

function respellObject(
  shape: Readonly<Record<string, z.$ZodType>>,
  value: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
): Respelt {
  const fields = Object.keys(shape);
  const taken = new Set(fields.filter((field) => Object.hasOwn(value, field)));
  const faults: Fault[] = [];
  const entries: [string, unknown][] = [];
  const read = (field: string, given: unknown): void => {
    const inner = shape[field];
    if (inner === undefined) return;
    const respelt = respell(inner, given, [...path, field]);
    entries.push([field, respelt.value]);
    faults.push(...respelt.faults);
  };
  for (const [written, given] of Object.entries(value)) {
    if (taken.has(written)) {
      read(written, given);
      continue;
    }
    const free = fields.filter((field) => !taken.has(field));
    const meant = nearest(written, free);
    faults.push({
      path: [...path, written],
      words: unknownField(given, meant, { near: nearest(written, fields), fields }),
    });
    if (meant === undefined) continue;
    taken.add(meant);
    read(meant, meantValue(given, meant));
  }
  return { value: Object.fromEntries(entries), faults };
}

function unknownField(
  given: unknown,
  meant: string | undefined,
  { near, fields }: { near: string | undefined; fields: readonly string[] },
): string {
  if (meant !== undefined) {
    const value = meantValue(given, meant);
    return `is no field: did you mean ${meant}${value === given ? '' : `: ${String(value)}`}?`;
  }
  if (near !== undefined) return `is no field: did you mean ${near}, which is there already?`;
  return `is no field; there are ${fields.join(', ')}`;
}

/** `"6h"` in a field of seconds is as many. */
function meantValue(given: unknown, field: string): unknown {
  const seconds = typeof given === 'string' && field.endsWith('Seconds') ? durationSeconds(given) : undefined;
  return seconds ?? given;
}

/** A word of fewer letters is in too many names. */
const LEAST_PART = 4;

/** The field that was meant: its name, with its unit or without, has few other letters, or the written one is part of it. */
function nearest(written: string, fields: readonly string[]): string | undefined {
  const asked = written.toLowerCase();
  const near = fields.flatMap((field) => {
    const names = [field, field.replace(/Seconds$/, '')].map((name) => name.toLowerCase());
    const away = Math.min(...names.map((name) => distance(asked, name)));
    const isPart = asked.length >= LEAST_PART && names.some((name) => name.includes(asked));
    return isPart || names.some((name) => distance(asked, name) <= mostAway(name)) ? [{ field, away }] : [];
  });
  return near.toSorted((one, other) => one.away - other.away)[0]?.field;
}

/** Two letters that changed places count as two. */
function mostAway({ length }: string): number {
  return length <= 4 ? 1 : Math.max(2, Math.floor(length / 3));
}
