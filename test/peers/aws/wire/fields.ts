/** Schemas of the fields that form-encoded requests are made of: everything in them is text. */
import { z } from 'zod';

/** A list; an empty one is sent as an empty string. */
export function list<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  return z.preprocess((value) => (value === '' || value === undefined ? [] : value), z.array(item));
}

export const strings = list(z.string());

export const bool = z.enum(['true', 'false']).transform((text) => text === 'true');

export const int = z.coerce.number().int();
