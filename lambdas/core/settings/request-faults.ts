/** Parses a request that a person or a program writes, and says every fault of it at once, each with its field. */
import type * as z from 'zod/mini';

/** Every fault, each with its field and what to do. */
export interface Faulty {
  readonly faults: readonly string[];
}

export type ParsedRequest<Request> = { readonly request: Request } | Faulty;

/** Characters of a field's name that are repeated. */
const LONGEST_NAME = 40;

export function parseRequest<Schema extends z.ZodMiniObject>(
  schema: Schema,
  given: unknown,
): ParsedRequest<z.output<Schema>> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { request: parsed.data };
  const known = Object.keys(schema.def.shape);
  return { faults: parsed.error.issues.flatMap((issue) => wordsOf(issue, known)) };
}

/**
 * The faults that a schema has found, in words. They repeat nothing that was sent but names of fields.
 *
 * @param known names of the fields that there are
 */
export function wordsOf(issue: z.core.$ZodIssue, known: readonly string[]): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${shortened(name)}: is no field: ${known.join(', ')} are`);
  }
  const field = issue.path.map((part, index) =>
    typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`,
  );
  return [`${field.length === 0 ? 'request' : field.join('')}: ${issue.message}`];
}

/** A name for a message: it may be empty, or far too long. */
export function shortened(name: string): string {
  if (name === '') return '""';
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
