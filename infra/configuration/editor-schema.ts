/**
 * The configuration as a JSON schema, for editors: they complete its fields and mark what is wrong. It knows less than
 * `cdk synth`, which also finds fields that contradict each other.
 */
import * as z from 'zod/mini';
import { configurationSchema } from '../../lambdas/entry/configuration/configuration.ts';
import { budgetAt, type Field } from './configuration-fields.ts';
import type { Meaning } from './field-meanings.ts';
import { withoutField } from './written.ts';

/** The part of JSON Schema that the configuration needs. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** A limit of a budget. The schema of budgets reads it by a function, which no JSON schema can tell. */
const LIMIT: JsonSchema = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^(100|[1-9]?\\d)%$' },
  ],
};

/** Editors read this field themselves; `cdk synth` passes over it. */
const OWN_ADDRESS: JsonSchema = {
  type: 'string',
  description: 'The path of this schema, for editors. Ebb ignores it.',
};

/** @param meanings by the fields' paths */
export function editorSchema(fields: readonly Field[], meanings: Readonly<Record<string, Meaning>>): JsonSchema {
  const known = new Map(fields.map((field) => [field.path, field]));
  const { properties, ...whole } = described(jsonSchema(configurationSchema), '', (path, json) => {
    const field = known.get(path);
    if (field === undefined) return json;
    return {
      ...withoutField(json, 'default'),
      ...(isScalarOrList(field.default) && { default: field.default }),
      description: descriptionOf(field, meanings[path]),
    };
  });
  return { ...whole, title: 'Ebb', properties: { $schema: OWN_ADDRESS, ...properties } };
}

/** Draft 7 is what all editors know. */
function jsonSchema(schema: z.core.$ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      const { def } = zodSchema._zod;
      if (def.type === 'custom') Object.assign(json, LIMIT);
    },
  });
  return made as JsonSchema;
}

type Describe = (path: string, json: JsonSchema) => JsonSchema;

/** Describes each property, puts the budgets in their places, and lets no object have fields that are not known. */
function described(json: JsonSchema, path: string, describe: Describe): JsonSchema {
  const budget = budgetAt(path);
  if (budget !== undefined && Object.keys(json).every((key) => key === 'default')) {
    return described(withoutField(jsonSchema(budget), '$schema'), path, describe);
  }
  const { properties, items } = json;
  return describe(path, {
    ...json,
    ...(properties !== undefined && {
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(properties)
          .filter(([, property]) => !isForbidden(property))
          .map(([name, property]) => [name, described(property, path === '' ? name : `${path}.${name}`, describe)]),
      ),
    }),
    ...(items !== undefined && { items: described(items, `${path}[]`, describe) }),
  });
}

/** A group's budget has no `cluster`. */
function isForbidden(property: JsonSchema): boolean {
  return property.not !== undefined;
}

function descriptionOf({ rule, isRequired }: Field, meaning: Meaning | undefined): string {
  const without = meaning?.without === undefined ? '' : ` Left out: ${meaning.without}.`;
  const required = isRequired ? ' Required.' : '';
  return `${meaning?.does ?? ''} It ${rule}.${without}${required}`;
}

/** Objects have their defaults field by field. */
function isScalarOrList(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || Array.isArray(value));
}
