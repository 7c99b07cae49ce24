/** Where the configuration comes from: cdk.json's context `ebb`, or `-c ebb=FILE` for another installation. */
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
 * What to know of a file that gives its installation no name: it is the default one, and deployed it replaces what another
 * configuration has deployed as that (contract 15.2). Undefined when there is nothing to know.
 */
export function unnamed(context: unknown): string | undefined {
  if (typeof context !== 'string' || fieldAt(readJson(context), ['name']) !== undefined) return undefined;
  const what = `${context} gives its installation no name: deployed, it replaces the stack Ebb, if there is one`;
  return `${what}. Write "name": "ebb-staging" for one beside it, or "name": "ebb" for that one`;
}

/** The same for a command that the CDK does not run. @param file of the configuration @default what cdk.json here holds */
export function readOwnConfiguration(file?: string): Configuration {
  return readConfiguration(file ?? fieldAt(readJson('cdk.json'), ['context', 'ebb']));
}
