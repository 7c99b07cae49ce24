/**
 * Makes the two descriptions of the configuration from its schema: the table for people (README.md here) and the JSON
 * schema for editors (ebb.schema.json). `npm run -s configuration-table` writes both.
 */
import { join } from 'node:path';
import { format } from 'prettier';
import { configurationFields, type Field } from './configuration-fields.ts';
import { editorSchema } from './editor-schema.ts';
import { FIELD_MEANINGS } from './field-meanings.ts';
import type { Meaning } from './meanings/meaning.ts';

export interface Description {
  /** Path of the file. */
  readonly file: string;
  readonly text: string;
}

/** @throws Error naming every field without a meaning, and every meaning without a field */
export async function describeConfiguration(): Promise<readonly Description[]> {
  const fields = configurationFields();
  const faults = meaningFaults(fields, FIELD_MEANINGS);
  if (faults.length > 0) throw new Error(`infra/configuration/field-meanings.ts: ${faults.join('; ')}`);
  const schema = JSON.stringify(editorSchema(fields, FIELD_MEANINGS));
  return [
    { file: join(import.meta.dirname, 'README.md'), text: configurationTable(fields, FIELD_MEANINGS) },
    {
      file: join(import.meta.dirname, 'ebb.schema.json'),
      text: await format(schema, { parser: 'json', printWidth: 120 }),
    },
  ];
}

/** Returns the faults of the meanings, a line each. */
export function meaningFaults(fields: readonly Field[], meanings: Readonly<Record<string, Meaning>>): string[] {
  const paths = new Set(fields.map(({ path }) => path));
  const faults = fields.flatMap((field) => {
    const meaning = meanings[field.path];
    if (meaning === undefined) return [`${field.path} has no meaning`];
    const needed = !field.isRequired && field.default === undefined;
    if (needed === (meaning.without !== undefined)) return [];
    return [`${field.path} ${needed ? 'needs' : 'must not have'} \`without\`: what holds when it is left out`];
  });
  const strangers = Object.keys(meanings).filter((path) => !paths.has(path));
  return [...faults, ...strangers.map((path) => `${path} is no field of the schema`)];
}

const HEAD = `# Configuration fields

<!-- Generated from the schema. Do not edit: run \`npm run -s configuration-table\`. -->

Write the configuration as JSON into \`cdk.json\`, under \`context.ebb\`, or into a file of its own. \`npx cdk synth\` checks it and
names every fault at once. [../README.md](../README.md#configure) says how to begin, and how an editor can check it.

- Only \`clusters\` and the \`name\` of each cluster are required.
- \`[]\` in a name means: each element of the list.
- All durations are whole seconds.

<!-- prettier-ignore-start -->
`;

function configurationTable(fields: readonly Field[], meanings: Readonly<Record<string, Meaning>>): string {
  const owners = [...new Set(fields.map(({ owner }) => owner))];
  const sections = owners.map((owner) => {
    const meaning = meanings[owner.replace(/\[\]$/, '')];
    const title = owner === '' ? '## The installation' : `## \`${owner}\``;
    const rows = fields.filter((field) => field.owner === owner).map((field) => row(field, meanings, owners));
    return [title, ...(meaning === undefined ? [] : [meaning.does]), table(rows)].join('\n\n');
  });
  return `${HEAD}\n${sections.join('\n\n')}\n\n<!-- prettier-ignore-end -->\n`;
}

function table(rows: readonly string[]): string {
  return ['| field | must be | default | what it does |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function row(field: Field, meanings: Readonly<Record<string, Meaning>>, owners: readonly string[]): string {
  const { does = '', without = '' } = meanings[field.path] ?? {};
  const section = owners.find((owner) => owner === field.path || owner === `${field.path}[]`);
  const name = section === undefined ? `\`${field.name}\`` : `[\`${field.name}\`](#${anchor(section)})`;
  const cells = [name, field.rule.replace(/^must be /, ''), defaultCell(field, without), does];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultCell({ isRequired, default: written }: Field, without: string): string {
  if (isRequired) return '**required**';
  if (written === undefined) return without;
  const text = JSON.stringify(written);
  return text === '{}' ? 'see its fields' : `\`${text}\``;
}

/** Returns the anchor that GitHub gives to a title. */
function anchor(section: string): string {
  return section.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
}
