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
  'ForAllValues:StringEquals',
  'ForAllValues:StringLike',
  'ForAnyValue:StringEquals',
  'ForAnyValue:StringLike',
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

/** Condition keys and their values, as the service fills them in; a list where a key may have several. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
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

function conditionHolds(
  operator: Operator,
  values: readonly string[],
  found: string | readonly string[] | undefined,
): boolean {
  const all = typeof found === 'string' ? [found] : (found ?? []);
  const [quantifier, plain = quantifier] = operator.split(':');
  const holds = (each: string): boolean => singleHolds(plain as Operator, values, each);
  // «ForAllValues … returns true if there are no context keys in the request» (IAM user guide).
  if (quantifier === 'ForAllValues') return all.every(holds);
  if (quantifier === 'ForAnyValue') return all.some(holds);
  if (operator === 'Null') return values.includes(String(found === undefined));
  if (found === undefined) return operator === 'StringNotEquals' || operator === 'StringEqualsIfExists';
  return all.some(holds);
}

function singleHolds(operator: Operator, values: readonly string[], found: string): boolean {
  if (operator === 'StringNotEquals') return !values.includes(found);
  const like = ['StringLike', 'ArnLike', 'ArnEquals'].includes(operator);
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
