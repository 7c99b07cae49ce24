import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import type { EbbFunctionProps } from './ebb-function.ts';

/** Network of the functions that talk to clusters; empty when the API endpoints are public. */
export function clusterNetwork(scope: Construct, { vpc }: Configuration): Pick<EbbFunctionProps<never>, 'network'> {
  if (vpc === undefined) return {};
  const { securityGroupIds, ...attributes } = vpc;
  return {
    network: {
      vpc: Vpc.fromVpcAttributes(scope, 'Vpc', attributes),
      securityGroups: securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id)),
    },
  };
}
