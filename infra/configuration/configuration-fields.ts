/**
 * The fields of the configuration, read from its schema: where each stands, what it must be, and its default. The
 * table for people and the JSON schema for editors are made of them (describe-configuration.ts).
 */
import * as z from 'zod/mini';
import { budgetSchema } from '../../lambdas/core/disruption/budget.ts';
import { configurationSchema } from '../../lambdas/entry/configuration/configuration.ts';

export interface Field {
  /** `clusters[].drain.timeoutSeconds`. */
  readonly path: string;
  /** Path of the object that it is a field of. The installation's own fields have the path ''. */
  readonly owner: string;
  readonly name: string;
  /** `must be whole seconds from 60 to 172800, such as 14400`. */
  readonly rule: string;
  readonly isRequired: boolean;
  /** As a person would write it; `{}` for an object whose fields have defaults. Undefined when there is none. */
  readonly default?: unknown;
}

/** Label selectors have the fields that Kubernetes gives them: nothing to describe. */
const WHOLE = new Set(['clusters[].drain.podSelector', 'clusters[].drain.finishFirst']);

/** The schema holds a budget as it was written; the code that works by it has its schema. */
const BUDGETS: Readonly<Record<string, z.core.$ZodType>> = {
  'clusters[].budget': budgetSchema('cluster'),
  'clusters[].groups[].budget': budgetSchema('group'),
};

/** In the order of the schema. The fields of an object follow the field that holds it. */
export function configurationFields(): readonly Field[] {
  return fieldsOf(configurationSchema, '');
}

/** The JSON schema of a budget, by the path at which it belongs. */
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

/** Takes off what says that a field may be missing, and what is made of its value. */
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

/** Shares are numbers from 0 to 1 once they are read, and people write percentages. */
function asWritten(value: unknown, schema: z.core.$ZodType): unknown {
  const isShare = typeof value === 'number' && unwrap(schema).inner._zod.def.type === 'string';
  return isShare ? `${Math.round(value * 100)}%` : value;
}

/** What the schema says to a value that is of no kind at all; to a text, where it says no more than that it is one. */
function ruleOf(schema: z.core.$ZodType): string {
  const rules = [Symbol('of no kind'), '\0'].map((value) => z.safeParse(schema, value).error?.issues[0]?.message ?? '');
  return rules.find((rule) => rule !== 'must be text') ?? '';
}

/** A group's budget says that `cluster` is not its to say. */
function isForbidden(schema: z.core.$ZodTypes): boolean {
  const { def } = schema._zod;
  return def.type === 'never';
}
