/** `npm run -s cluster-role`: the manifest for the configured Kubernetes group. */
import cdk from '../cdk.json' with { type: 'json' };
import { clusterRoleYaml } from './cluster-role.ts';
import { readConfiguration } from './configuration-source.ts';

process.stdout.write(clusterRoleYaml(readConfiguration(process.argv[2] ?? cdk.context.ebb).kubernetesGroup));
