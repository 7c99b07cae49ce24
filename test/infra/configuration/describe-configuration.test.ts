/** The descriptions of the configuration: complete, and the same as what is committed. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configurationFields } from '../../../infra/configuration/configuration-fields.ts';
import { describeConfiguration, meaningFaults } from '../../../infra/configuration/describe-configuration.ts';
import { editorSchema, type JsonSchema } from '../../../infra/configuration/editor-schema.ts';
import { FIELD_MEANINGS } from '../../../infra/configuration/field-meanings.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { withoutField } from '../../../infra/configuration/written.ts';
import { budgetSchema } from '../../../lambdas/core/disruption/budget.ts';

const fields = configurationFields();

function field(path: string) {
  return fields.find((each) => each.path === path);
}

describe('the fields of the configuration', () => {
  test('have the rule, the default and the necessity that the schema gives them', () => {
    const path = 'clusters[].drain.timeoutSeconds';
    const rule = 'must be whole seconds from 60 to 172800, such as 14400';
    const owner = 'clusters[].drain';
    expect(field(path)).toEqual({ path, owner, name: 'timeoutSeconds', rule, isRequired: false, default: 3600 });
    expect(field('clusters[].name')).toMatchObject({ isRequired: true, default: undefined });
  });

  test('have shares as the percentages that people write', () => {
    expect(field('clusters[].drain.impliedBudget')?.default).toBe('25%');
    expect(field('clusters[].maxLeaving')?.default).toBe('20%');
  });

  test('include those of budgets, and a group has no limit for its cluster', () => {
    expect(field('clusters[].budget.cluster')).toBeDefined();
    expect(field('clusters[].groups[].budget.windows[].cron')).toBeDefined();
    expect(field('clusters[].groups[].budget.cluster')).toBeUndefined();
  });

  test('each say what they must be', () => {
    expect(fields.filter(({ rule }) => !rule.startsWith('must be '))).toEqual([]);
  });

  test('have defaults that the configuration takes when they are written', () => {
    const cluster = Object.fromEntries(defaultsOf('clusters[]'));
    const drain = Object.fromEntries(defaultsOf('clusters[].drain'));
    const drift = Object.fromEntries(defaultsOf('clusters[].drift'));
    const written = { ...Object.fromEntries(defaultsOf('')), clusters: [{ name: 'a', ...cluster, drain, drift }] };
    expect(parseConfiguration(written)).toEqual(parseConfiguration({ clusters: [{ name: 'a' }] }));
  });
});

function defaultsOf(owner: string): (readonly [string, unknown])[] {
  return fields
    .filter((each) => each.owner === owner && each.default !== undefined)
    .map((each) => [each.name, each.default]);
}

describe('the meanings of fields', () => {
  test('are there for every field, and for nothing else', () => {
    expect(meaningFaults(fields, FIELD_MEANINGS)).toEqual([]);
  });

  test('are missed by name when a field has none, and named when no field has them', () => {
    const others = withoutField(FIELD_MEANINGS, 'hookName');
    expect(meaningFaults(fields, { ...others, hokName: { does: 'Nothing.' } })).toEqual([
      'hookName has no meaning',
      'hokName is no field of the schema',
    ]);
  });

  test('say what holds without the field exactly where it is optional and has no default', () => {
    const faults = meaningFaults(fields, { ...FIELD_MEANINGS, vpc: { does: 'A network.' } });
    expect(faults).toEqual(['vpc needs `without`: what holds when it is left out']);
  });
});

describe('the committed descriptions', async () => {
  const descriptions = await describeConfiguration();

  test.each(descriptions.map(({ file, text }) => ({ name: basename(file), file, text })))(
    '$name is what `npm run -s configuration-table` writes',
    ({ file, text }) => {
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );
});

describe('the JSON schema for editors', () => {
  const { anyOf = [] } = propertyAt(editorSchema(fields, FIELD_MEANINGS), ['clusters', 'budget', 'nodes']);

  test.each(['0%', '7%', '100%', '101%', '07%', '5', '%'])('takes %s for a limit where a budget does', (written) => {
    const isTaken = anyOf.some(({ pattern }) => pattern !== undefined && new RegExp(pattern).test(written));
    expect(isTaken).toBe(budgetSchema('cluster').safeParse({ nodes: written }).success);
  });
});

function propertyAt(schema: JsonSchema, path: readonly string[]): JsonSchema {
  return path.reduce<JsonSchema>((within, name) => {
    const property = within.properties?.[name] ?? {};
    return property.items ?? property;
  }, schema);
}

test('a configuration may name the schema that editors check it by', () => {
  const written = { $schema: './infra/configuration/ebb.schema.json', clusters: [{ name: 'a' }] };
  expect(parseConfiguration(written)).toEqual(parseConfiguration({ clusters: [{ name: 'a' }] }));
});
