/**
 * JSON schema of the configuration, by which editors complete its fields and mark faults. It knows less than `cdk
 * synth`, which also finds fields that contradict each other.
 */
import * as z from 'zod/mini';
import { configurationSchema } from '../../lambdas/entry/configuration/configuration.ts';
import { budgetAt, type Field } from './configuration-fields.ts';
import type { Meaning } from './meanings/meaning.ts';
import { withoutField } from './written.ts';

/** The part of JSON Schema that the configuration needs. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** Limit of a budget. Its schema is a function, which JSON Schema cannot express. */
const LIMIT: JsonSchema = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^(100|[1-9]?\\d)%$' },
  ],
};

/** Field `$schema`, which editors read and `cdk synth` ignores. */
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

/** Returns the schema in draft 7, which all editors know. */
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

/** Describes each property, inserts the budgets, and forbids unknown fields. */
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

/** Whether a property is forbidden, as `cluster` is in the budget of a group. */
function isForbidden(property: JsonSchema): boolean {
  return property.not !== undefined;
}

function descriptionOf({ rule, isRequired }: Field, meaning: Meaning | undefined): string {
  const without = meaning?.without === undefined ? '' : ` Left out: ${meaning.without}.`;
  const required = isRequired ? ' Required.' : '';
  return `${meaning?.does ?? ''} It ${rule}.${without}${required}`;
}

/** Whether the default is shown. Objects show theirs field by field. */
function isScalarOrList(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || Array.isArray(value));
}
