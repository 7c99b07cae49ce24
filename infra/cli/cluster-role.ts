/** Prints the manifests to apply in each configured cluster before Ebb is deployed. */
import { clusterManifests, clusterRoleYaml } from '../cluster-role/cluster-role.ts';
import { readOwnConfiguration } from '../configuration/configuration-source.ts';
import { WrongConfiguration } from '../configuration/fault.ts';
import { DONE, FAILED, type ExitStatus } from './exit-status.ts';

/** @param file of the configuration @default `context.ebb` of the cdk.json here @param json instead of YAML */
export function printClusterRole(file?: string, json = false): ExitStatus {
  try {
    const configuration = readOwnConfiguration(file);
    const list = (): object => ({ apiVersion: 'v1', kind: 'List', items: clusterManifests(configuration) });
    process.stdout.write(json ? `${JSON.stringify(list(), undefined, 2)}\n` : clusterRoleYaml(configuration));
    return DONE;
  } catch (error) {
    if (!(error instanceof WrongConfiguration)) throw error;
    console.error(error.message);
    return FAILED;
  }
}
