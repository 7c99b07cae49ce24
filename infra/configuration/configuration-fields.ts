/**
 * Fields of the configuration, read from its schema: the path, the rule and the default of each. The table for people
 * and the JSON schema for editors are made of them (describe-configuration.ts).
 */
import * as z from 'zod/mini';
import { budgetSchema } from '../../lambdas/core/disruption/budget.ts';
import { configurationSchema } from '../../lambdas/entry/configuration/configuration.ts';

export interface Field {
  /** Path, such as `clusters[].drain.timeoutSeconds`. */
  readonly path: string;
  /** Path of the object that holds the field; empty for fields of the installation itself. */
  readonly owner: string;
  readonly name: string;
  /** Rule, such as `must be whole seconds from 60 to 172800, such as 14400`. */
  readonly rule: string;
  readonly isRequired: boolean;
  /** Default as people write it; `{}` for an object whose fields have defaults. Undefined when there is none. */
  readonly default?: unknown;
}

/** Fields that are label selectors of Kubernetes: their own fields are not described. */
const WHOLE = new Set(['clusters[].drain.podSelector', 'clusters[].drain.finishFirst']);

/** Schemas of budgets. The configuration's schema takes a budget as it was written; the code that uses it checks it. */
const BUDGETS: Readonly<Record<string, z.core.$ZodType>> = {
  'clusters[].budget': budgetSchema('cluster'),
  'clusters[].groups[].budget': budgetSchema('group'),
};

/** Returns all fields in the order of the schema. The fields of an object follow it. */
export function configurationFields(): readonly Field[] {
  return fieldsOf(configurationSchema, '');
}

/** Returns the schema of a budget, by its path. */
export function budgetAt(path: string): z.core.$ZodType | undefined {
  return BUDGETS[path];
}

function fieldsOf(schema: z.core.$ZodType, owner: string): readonly Field[] {
  const { def } = unwrap(schema).inner._zod;
  if (def.type === 'array') return fieldsOf(def.element, `${owner}[]`);
  if (def.type !== 'object' || WHOLE.has(owner)) return [];
  return Object.entries(def.shape).flatMap(([name, field]) => {
    const path = owner === '' ? name : `${owner}.${name}`;
    const { inner, isRequired, written } = unwrap(field);
    if (isForbidden(inner)) return [];
    const typed = BUDGETS[path] ?? inner;
    return [{ path, owner, name, rule: ruleOf(typed), isRequired, default: written }, ...fieldsOf(typed, path)];
  });
}

interface Unwrapped {
  readonly inner: z.core.$ZodTypes;
  readonly isRequired: boolean;
  /** The default, as a person would write it. */
  readonly written?: unknown;
}

/** Takes off the layers of a schema that make it optional, give it a default or transform it. */
function unwrap(schema: z.core.$ZodType): Unwrapped {
  const inner = schema as z.core.$ZodTypes;
  const { def } = inner._zod;
  switch (def.type) {
    case 'optional':
      return { ...unwrap(def.innerType), isRequired: false };
    case 'prefault':
    case 'default':
      return { ...unwrap(def.innerType), isRequired: false, written: asWritten(def.defaultValue, def.innerType) };
    case 'pipe':
      return unwrap(def.in);
    default:
      return { inner, isRequired: true };
  }
}

/** Returns the default as people write it: shares are numbers from 0 to 1 inside, and percentages outside. */
function asWritten(value: unknown, schema: z.core.$ZodType): unknown {
  const isShare = typeof value === 'number' && unwrap(schema).inner._zod.def.type === 'string';
  return isShare ? `${Math.round(value * 100)}%` : value;
}

/** Returns the rule: the fault of a value of no type, or of a text if the first only says that it must be text. */
function ruleOf(schema: z.core.$ZodType): string {
  const rules = [Symbol('of no kind'), '\0'].map((value) => z.safeParse(schema, value).error?.issues[0]?.message ?? '');
  return rules.find((rule) => rule !== 'must be text') ?? '';
}

/** Whether a field is forbidden, as `cluster` is in the budget of a group. */
function isForbidden(schema: z.core.$ZodTypes): boolean {
  const { def } = schema._zod;
  return def.type === 'never';
}
