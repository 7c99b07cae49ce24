/** Entry: what no event told us is looked for, every few minutes. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { groups } from './adapters/auto-scaling-groups.ts';
import { lifecycle } from './adapters/auto-scaling.ts';
import { eksClusters } from './adapters/eks-clusters.ts';
import { lazyInstances } from './adapters/instances.ts';
import { instanceTags } from './adapters/resource-tags.ts';
import { retirementHistory, retirements, runningRetirements, unqualified } from './adapters/retirements.ts';
import { clusterSettings } from './entry/cluster-settings.ts';
import { failureReport } from './entry/failure-report.ts';
import { homeOf } from './entry/home.ts';
import { journal } from './entry/journal.ts';
import { readSettings, sweepSettings } from './entry/settings.ts';
import { sweepNodes } from './workflow/sweep-nodes.ts';

const settings = readSettings(sweepSettings);
const autoScaling = new AutoScalingClient();
const lambda = new LambdaClient();
const retirement = unqualified(settings.EBB_RETIREMENT_FUNCTION);

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  groups: groups(autoScaling),
  lifecycle: lifecycle(autoScaling),
  instances: lazyInstances(),
  instanceTags: instanceTags(new ResourceGroupsTaggingAPIClient()),
  settings: clusterSettings(new SSMClient(), settings.EBB_CLUSTER_PARAMETERS),
  retirements: retirements(lambda, settings.EBB_RETIREMENT_FUNCTION),
  running: runningRetirements(lambda, retirement),
  history: retirementHistory(lambda, retirement),
  clusters: eksClusters(new EKSClient()),
  journal: journal('node-sweep'),
};

export const handler = middy()
  .use(failureReport())
  .handler((_event: unknown, context: Context) => sweepNodes({ ...ports, home: homeOf(context) }));
