/** Prints the manifests to apply in each configured cluster before Ebb is deployed. */
import { clusterManifests, clusterRoleYaml, type ServiceAccount } from '../cluster-role/cluster-role.ts';
import { readOwnConfiguration } from '../configuration/configuration-source.ts';
import { WrongConfiguration } from '../configuration/fault.ts';
import { DONE, FAILED, type ExitStatus } from './exit-status.ts';

export interface PrintOptions {
  /** JSON in place of YAML. */
  readonly json?: true;
  /** A service account whose token a kubeconfig holds. */
  readonly serviceAccount?: ServiceAccount;
}

/** @param file of the configuration @default `context.ebb` of the cdk.json here */
export function printClusterRole(file: string | undefined, { json, serviceAccount }: PrintOptions): ExitStatus {
  try {
    const terms = { ...readOwnConfiguration(file), serviceAccount };
    const list = (): object => ({ apiVersion: 'v1', kind: 'List', items: clusterManifests(terms) });
    process.stdout.write(json ? `${JSON.stringify(list(), undefined, 2)}\n` : clusterRoleYaml(terms));
    return DONE;
  } catch (error) {
    if (!(error instanceof WrongConfiguration)) throw error;
    console.error(error.message);
    return FAILED;
  }
}
