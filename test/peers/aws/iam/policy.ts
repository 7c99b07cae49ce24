/** IAM policy documents: their shape, and whether a statement covers an action on a resource. */
import { z } from 'zod';

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]));

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const conditionValues = z
  .union([scalar, z.array(scalar)])
  .transform((value) => (Array.isArray(value) ? value : [value]));

/** The condition operators that the peer can judge; any other is refused when the policy is read. */
const operators = [
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringEqualsIfExists',
  'ArnLike',
  'ArnEquals',
  'Null',
  'Bool',
] as const;
type Operator = (typeof operators)[number];

const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMore,
    Resource: oneOrMore,
    Condition: z.partialRecord(z.enum(operators), z.record(z.string(), conditionValues)).optional(),
  })
  .readonly();

export const policySchema = z.object({
  Statement: z
    .union([statementSchema, z.array(statementSchema)])
    .transform((value) => (Array.isArray(value) ? value : [value])),
});

export type Statement = z.infer<typeof statementSchema>;

/** Reads a policy document; anything in it that the peer cannot judge is an error. */
export function readPolicy(document: unknown): readonly Statement[] {
  return policySchema.parse(document).Statement;
}

export interface Access {
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values, as the service fills them in. */
  readonly context: Readonly<Record<string, string>>;
}

export function covers(statement: Statement, access: Access): boolean {
  return (
    statement.Action.some((pattern) => matchesPattern(pattern.toLowerCase(), access.action.toLowerCase())) &&
    statement.Resource.some((pattern) => matchesPattern(pattern, access.resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => conditionHolds(operator as Operator, values, access.context[key])),
    )
  );
}

function conditionHolds(operator: Operator, values: readonly string[], found: string | undefined): boolean {
  if (operator === 'Null') return values.includes(String(found === undefined));
  if (operator === 'StringNotEquals') return found === undefined || !values.includes(found);
  if (found === undefined) return operator === 'StringEqualsIfExists';
  const like = operator === 'StringLike' || operator === 'ArnLike' || operator === 'ArnEquals';
  return values.some((value) => (like ? matchesPattern(value, found) : value === found));
}

/** A policy variable: IAM puts what it stands for in its place, and `${*}`, `${?}` and `${$}` stand for themselves. */
const VARIABLE = /\$\{([^}]*)\}/;

/** `*` any characters, `?` one; of other variables than those for single characters the peer knows none, as for a role. */
function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split(VARIABLE);
  const variables = parts.filter((_, index) => index % 2 === 1);
  if (variables.some((name) => !['*', '?', '$'].includes(name))) return false;
  const source = parts.map((part, index) => (index % 2 === 1 ? escaped(part) : wildcards(part))).join('');
  return new RegExp(`^${source}$`, 's').test(text);
}

function wildcards(text: string): string {
  return text
    .split(/([*?])/)
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : escaped(part)))
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[.+^${}()|[\]\\*?]/g, '\\$&');
}
