/**
 * Writes the files that are made of schemas in the code, or reports which of them is out of date: the list of configuration
 * fields and its JSON schema, and the OpenAPI document of the operator.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describeConfiguration, type Description } from '../configuration/describe-configuration.ts';
import { describeOperator } from '../operator/open-api.ts';
import { DONE, FAILED, type ExitStatus } from './exit-status.ts';

export interface GenerateOptions {
  /** Writes nothing; fails if a file differs from what it would write. */
  readonly check?: boolean;
  readonly json?: boolean;
}

export async function writeConfigurationTable(options: GenerateOptions): Promise<ExitStatus> {
  return write(await describeConfiguration(), { ...options, command: 'configuration-table' });
}

export async function writeOperatorApi(options: GenerateOptions): Promise<ExitStatus> {
  return write([await describeOperator()], { ...options, command: 'operator-api' });
}

function write(
  descriptions: readonly Description[],
  { check = false, json = false, command }: GenerateOptions & { readonly command: string },
): ExitStatus {
  const files = descriptions.map((description) => (check ? compared : written)(description));
  if (json) for (const file of files) console.log(JSON.stringify(file));
  const stale = files.filter(({ current }) => !current);
  for (const { file } of stale) console.error(`${file} is out of date. Run npx ebb ${command}.`);
  return stale.length === 0 ? DONE : FAILED;
}

interface DescribedFile {
  /** Path from the current folder. */
  readonly file: string;
  /** Whether the file agrees with the schema now. */
  readonly current: boolean;
}

function compared({ file, text }: Description): DescribedFile {
  return { file: relative('.', file), current: existsSync(file) && readFileSync(file, 'utf8') === text };
}

function written({ file, text }: Description): DescribedFile {
  writeFileSync(file, text);
  return { file: relative('.', file), current: true };
}
