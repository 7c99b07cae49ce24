/**
 * Finds fields that the configuration does not have. A field that resembles a missing one is read as that one: its
 * value is checked too, and a misspelt field is one fault and not two.
 */
import { distance } from 'fastest-levenshtein';
import type * as z from 'zod/v4/core';
import { durationSeconds } from './duration.ts';
import type { Fault } from './fault.ts';

export interface Respelt {
  /** The value as it was written, with misspelt fields corrected. */
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

/** Returns the schema without the layers that make it optional, give it a default or transform it. */
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
    const resembling = resemblingFields(written, fields);
    const [best, ...others] = resembling.filter(({ field }) => !taken.has(field));
    // If several fields only contain the word, nobody knows which was meant.
    const meant = best !== undefined && (best.isClose || others.length === 0) ? best.field : undefined;
    const words =
      meant === undefined
        ? unknownField(
            resembling.map(({ field }) => field),
            fields,
          )
        : misspeltField(meant, given);
    faults.push({ path: [...path, written], words: `is no field${words}` });
    if (meant === undefined) continue;
    taken.add(meant);
    read(meant, meantValue(given, meant));
  }
  return { value: Object.fromEntries(entries), faults };
}

function misspeltField(meant: string, given: unknown): string {
  const value = meantValue(given, meant);
  return `: did you mean ${meant}${value === given ? '' : `: ${String(value)}`}?`;
}

/** @param resembling similar fields, also those that are there already */
function unknownField(resembling: readonly string[], fields: readonly string[]): string {
  return resembling.length === 0 ? `; there are ${fields.join(', ')}` : `: did you mean ${resembling.join(' or ')}?`;
}

/** Reads a duration such as `"6h"` in a field of seconds. */
function meantValue(given: unknown, field: string): unknown {
  const seconds = typeof given === 'string' && field.endsWith('Seconds') ? durationSeconds(given) : undefined;
  return seconds ?? given;
}

/** Least letters of a part of a name. Shorter words are in too many names. */
const LEAST_PART = 4;

interface Resembling {
  readonly field: string;
  /** Whether few letters differ. Otherwise the written word is part of the name. */
  readonly isClose: boolean;
}

/** Returns similar fields, the closest first. Names are compared with and without their unit. */
function resemblingFields(written: string, fields: readonly string[]): Resembling[] {
  const asked = written.toLowerCase();
  const found = fields.map((field) => {
    const names = [field, field.replace(/Seconds$/, '')].map((name) => name.toLowerCase());
    const isPart = asked.length >= LEAST_PART && names.some((name) => name.includes(asked));
    const isClose = names.some((name) => distance(asked, name) <= mostAway(name));
    return { field, isPart, isClose, away: Math.min(...names.map((name) => distance(asked, name))) };
  });
  const near = found.filter(({ isPart, isClose }) => isPart || isClose);
  return near.toSorted((one, other) => one.away - other.away);
}

/** Returns the most letters that may differ. Two swapped letters count as two. */
function mostAway({ length }: string): number {
  return length <= 4 ? 1 : 2;
}
