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

/** `*` any characters, `?` one. */
function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
