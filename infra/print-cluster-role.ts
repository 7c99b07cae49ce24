/** `npm run -s cluster-role [-- FILE]`: the manifest for the configured Kubernetes group. */
import cdk from '../cdk.json' with { type: 'json' };
import { WrongConfiguration } from '../lambdas/entry/configuration.ts';
import { clusterRoleYaml } from './cluster-role.ts';
import { readConfiguration } from './configuration-source.ts';

try {
  process.stdout.write(clusterRoleYaml(readConfiguration(process.argv[2] ?? cdk.context.ebb).kubernetesGroup));
} catch (error) {
  if (!(error instanceof WrongConfiguration)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
