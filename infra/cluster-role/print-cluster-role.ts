/** `npm run -s cluster-role [-- FILE]`: what is to be applied in each configured cluster, before Ebb is deployed. */
import { clusterRoleYaml } from './cluster-role.ts';
import { readOwnConfiguration } from '../configuration/configuration-source.ts';
import { WrongConfiguration } from '../configuration/fault.ts';

try {
  process.stdout.write(clusterRoleYaml(readOwnConfiguration(process.argv[2])));
} catch (error) {
  if (!(error instanceof WrongConfiguration)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
