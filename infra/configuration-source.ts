/** Where the configuration comes from: cdk.json's context `ebb`, or `-c ebb=FILE` for another installation. */
import { readFileSync } from 'node:fs';
import { parseConfiguration, WrongConfiguration, type Configuration } from '../lambdas/entry/configuration.ts';

/**
 * @param context the object in cdk.json, or the path of a JSON file
 * @throws WrongConfiguration naming every fault at once
 */
export function readConfiguration(context: unknown): Configuration {
  if (context === undefined) {
    throw new WrongConfiguration([
      'ebb: missing: write it into cdk.json under "context", or name a file with -c ebb=FILE',
    ]);
  }
  return parseConfiguration(typeof context === 'string' ? readJson(context) : context);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new WrongConfiguration([
      `ebb: ${file} cannot be read as JSON: ${error instanceof Error ? error.message : 'unknown'}`,
    ]);
  }
}
