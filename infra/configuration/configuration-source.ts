/** Reads the configuration: from the context `ebb` of cdk.json, or from FILE with `-c ebb=FILE`. */
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import { WrongConfiguration } from './fault.ts';
import { readJson } from './json-file.ts';
import { parseConfiguration } from './parse-configuration.ts';
import { fieldAt } from './written.ts';

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

/**
 * Returns a warning if a file gives its installation no name, else undefined. It is then the default installation, and
 * replaces what another configuration has deployed under that name (contract 15.2).
 */
export function unnamed(context: unknown): string | undefined {
  if (typeof context !== 'string' || fieldAt(readJson(context), ['name']) !== undefined) return undefined;
  const what = `${context} gives its installation no name: deployed, it replaces the stack Ebb, if there is one`;
  return `${what}. Write "name": "ebb-staging" for one beside it, or "name": "ebb" for that one`;
}

/** Reads the configuration for a command outside the CDK. @param file @default the cdk.json in this folder */
export function readOwnConfiguration(file?: string): Configuration {
  return readConfiguration(file ?? fieldAt(readJson('cdk.json'), ['context', 'ebb']));
}
