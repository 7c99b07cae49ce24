/** Where the configuration comes from: cdk.json's context `ebb`, or `-c ebb=FILE` for another installation. */
import type { Configuration } from '../lambdas/entry/configuration.ts';
import { WrongConfiguration } from './configuration/fault.ts';
import { readJson } from './configuration/json-file.ts';
import { parseConfiguration } from './configuration/parse-configuration.ts';
import { fieldAt } from './configuration/written.ts';

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

/** The same for a command that the CDK does not run. @param file of the configuration @default what cdk.json here holds */
export function readOwnConfiguration(file?: string): Configuration {
  return readConfiguration(file ?? fieldAt(readJson('cdk.json'), ['context', 'ebb']));
}
