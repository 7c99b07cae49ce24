/**
 * `npm run -s configuration-table [-- --check]`: writes the table of configuration fields and the JSON schema for
 * editors. With `--check` it writes nothing, and exits with 1 when a file differs from what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describeConfiguration } from '../configuration/describe-configuration.ts';

const isCheck = process.argv.includes('--check');

for (const { file, text } of await describeConfiguration()) {
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${relative('.', file)} is out of date: run npm run -s configuration-table`);
    process.exitCode = 1;
  }
}
