/** The filters of EC2's Describe calls: any of a filter's values, and all filters. */
import { z } from 'zod';
import { list, strings } from '../wire/fields.ts';

export const filters = list(z.object({ Name: z.string(), Value: strings }));
export type Filters = z.infer<typeof filters>;
export type Filter = Filters[number];

/** In a filter's value `*` is any characters and `?` is one; after a backslash they stand for themselves. */
export function like(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\[*?\\]|[*?]|[.+^${}()|[\]\\]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    return `\\${found.at(-1) ?? ''}`;
  });
  return new RegExp(`^${source}$`, 's').test(text);
}
