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
  const free = new Set(fields.filter((field) => !Object.hasOwn(value, field)));
  const faults: Fault[] = [];
  const entries: [string, unknown][] = [];
  for (const [written, given] of Object.entries(value)) {
    const isKnown = Object.hasOwn(shape, written);
    const meant = isKnown ? written : nearest(written, [...free]);
    if (!isKnown) faults.push({ path: [...path, written], words: unknownField(given, meant, fields) });
    if (meant === undefined) continue;
    free.delete(meant);
    const { value: inner, faults: within } = respell(shape[meant] as z.$ZodType, meantValue(given, meant), [
      ...path,
      meant,
    ]);
    // Not to be checked beside what it is meant to be: that is in the fault already.
    entries.push([meant, inner]);
    faults.push(...within);
  }
  return { value: Object.fromEntries(entries), faults };
}

function unknownField(given: unknown, meant: string | undefined, fields: readonly string[]): string {
  if (meant === undefined) return `is no field; there are ${fields.join(', ')}`;
  const value = meantValue(given, meant);
  return value === given
    ? `is no field: did you mean ${meant}?`
    : `is no field: did you mean ${meant}: ${String(value)}?`;
}

/** `"6h"` in a field of seconds is as many. */
function meantValue(given: unknown, field: string): unknown {
  const seconds = typeof given === 'string' && field.endsWith('Seconds') ? durationSeconds(given) : undefined;
  return seconds ?? given;
}

/** Two letters that changed places count as two. */
function mostAway({ length }: string): number {
  return length <= 4 ? 1 : Math.max(2, Math.floor(length / 3));
}

/** A word of fewer letters is in too many names. */
const LEAST_PART = 4;

/** The field that was meant: its name has few other letters, or goes on where the written one ends. */
function nearest(written: string, fields: readonly string[]): string | undefined {
  const asked = written.toLowerCase();
  const near = fields.flatMap((field) => {
    const name = field.toLowerCase();
    const away = distance(asked, name);
    const isPart = asked.length >= LEAST_PART && name.includes(asked);
    return isPart || away <= mostAway(name) ? [{ field, away }] : [];
  });
  return near.toSorted((one, other) => one.away - other.away)[0]?.field;
}
