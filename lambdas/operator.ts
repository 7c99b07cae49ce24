/** Entry: the operator. It takes requests of rotations and of single nodes, by HTTP or by invocation (contract 10.6). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import { groups } from './adapters/auto-scaling/groups.ts';
import { lifecycle } from './adapters/auto-scaling/lifecycle.ts';
import { createClient } from './adapters/aws/clients.ts';
import { instanceTags } from './adapters/aws/resource-tags.ts';
import { rotationControls } from './adapters/aws/rotation-controls.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { retirementHistory, retirements, runningRetirements, unqualified } from './adapters/lambda/retirements.ts';
import { retirementResults } from './adapters/lambda/retirement-results.ts';
import { rotationHistory, rotations } from './adapters/lambda/rotations.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { operatorSettings, readSettings } from './entry/configuration/settings.ts';
import { homeOf } from './entry/home.ts';
import { operatorHandler } from './entry/operator/operator-handler.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { journal } from './entry/reporting/journal.ts';

const settings = readSettings(operatorSettings);
const autoScaling = createClient(AutoScalingClient);
const lambda = createClient(LambdaClient);
const ssm = createClient(SSMClient);
const retirement = unqualified(settings.EBB_RETIREMENT_FUNCTION);
const rotation = unqualified(settings.EBB_ROTATION_FUNCTION);

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  groups: groups(autoScaling),
  lifecycle: lifecycle(autoScaling),
  instanceTags: instanceTags(createClient(ResourceGroupsTaggingAPIClient)),
  settings: clusterSettings(ssm, settings.EBB_CLUSTER_PARAMETERS),
  clusters: clusters({ eks: createClient(EKSClient) }),
  rotations: rotations(lambda, settings.EBB_ROTATION_FUNCTION),
  controls: rotationControls(ssm, settings.EBB_ROTATION_PARAMETERS),
  retirements: retirements(lambda, settings.EBB_RETIREMENT_FUNCTION),
  running: runningRetirements(lambda, retirement),
  retirementHistory: retirementHistory(lambda, retirement),
  results: retirementResults(lambda, retirement),
  journal: journal('operator', settings.EBB_INSTALLATION),
};

export const handler = middy()
  .use(failureReport())
  .handler(
    operatorHandler((context) => {
      const home = homeOf(context, settings.EBB_INSTALLATION);
      return { ...ports, home, rotationHistory: rotationHistory(lambda, rotation, home) };
    }),
  );
