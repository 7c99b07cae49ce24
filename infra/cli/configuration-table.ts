/** Writes the list of configuration fields and the JSON schema for editors, or reports which of them is out of date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describeConfiguration, type Description } from '../configuration/describe-configuration.ts';
import { DONE, FAILED, type ExitStatus } from './exit-status.ts';

/** @param options.check writes nothing; fails if a file differs from what it would write */
export async function writeConfigurationTable({ check = false, json = false }): Promise<ExitStatus> {
  const files = (await describeConfiguration()).map((description) => (check ? compared : written)(description));
  if (json) for (const file of files) console.log(JSON.stringify(file));
  const stale = files.filter(({ current }) => !current);
  for (const { file } of stale) console.error(`${file} is out of date. Run npx ebb configuration-table.`);
  return stale.length === 0 ? DONE : FAILED;
}

interface DescribedFile {
  /** Path from the current folder. */
  readonly file: string;
  /** Whether the file agrees with the schema now. */
  readonly current: boolean;
}

function compared({ file, text }: Description): DescribedFile {
  return { file: relative('.', file), current: readFileSync(file, 'utf8') === text };
}

function written({ file, text }: Description): DescribedFile {
  writeFileSync(file, text);
  return { file: relative('.', file), current: true };
}
