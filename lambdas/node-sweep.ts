/** Entry: the sweep. Every few minutes it finds what no event told us, and nodes that are tainted to be drained. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { zonalShifts } from './adapters/arc/zonal-shifts.ts';
import { groups } from './adapters/auto-scaling/groups.ts';
import { lifecycle } from './adapters/auto-scaling/lifecycle.ts';
import { createClient } from './adapters/aws/clients.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { groupChanges } from './adapters/auto-scaling/group-changes.ts';
import { lazyInstances } from './adapters/ec2/lazy-instances.ts';
import { lazyLoadBalancing } from './adapters/load-balancing/lazy-load-balancing.ts';
import { instanceTags } from './adapters/aws/resource-tags.ts';
import { retirementHistory, retirements, runningRetirements, unqualified } from './adapters/lambda/retirements.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { dryRunAnswer } from './entry/dry-run.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { homeOf } from './entry/home.ts';
import { journal } from './entry/reporting/journal.ts';
import { readSettings, sweepSettings } from './entry/configuration/settings.ts';
import { sweepNodes } from './workflow/sweep/sweep-nodes.ts';

const settings = readSettings(sweepSettings);
const autoScaling = createClient(AutoScalingClient);
const eks = createClient(EKSClient);
const instances = lazyInstances();
const lambda = createClient(LambdaClient);
const ssm = createClient(SSMClient);
const retirement = unqualified(settings.EBB_RETIREMENT_FUNCTION);

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  groups: groups(autoScaling),
  lifecycle: lifecycle(autoScaling),
  instances,
  scheduledChanges: instances,
  balancing: lazyLoadBalancing(),
  zonalShifts: zonalShifts(autoScaling),
  changes: groupChanges({ autoScaling, eks }),
  launches: instances,
  instanceTags: instanceTags(createClient(ResourceGroupsTaggingAPIClient)),
  settings: clusterSettings(ssm, settings.EBB_CLUSTER_PARAMETERS),
  retirements: retirements(lambda, settings.EBB_RETIREMENT_FUNCTION),
  running: runningRetirements(lambda, retirement),
  history: retirementHistory(lambda, retirement),
  clusters: clusters({ eks }),
  journal: journal('node-sweep', settings.EBB_INSTALLATION),
};

export const handler = middy()
  .use(failureReport())
  .handler((event: unknown, context: Context) =>
    dryRunAnswer(event, (order) => sweepNodes({ ...ports, home: homeOf(context, settings.EBB_INSTALLATION) }, order)),
  );
