/** Entry: the retirement, a durable run that takes one node out of service. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import { executionModeDurableContext } from '@middy/core/DurableContext';
import { zonalShifts } from './adapters/arc/zonal-shifts.ts';
import { capacity } from './adapters/auto-scaling/capacity.ts';
import { groupChanges } from './adapters/auto-scaling/group-changes.ts';
import { groups } from './adapters/auto-scaling/groups.ts';
import { keepingGroupFacts } from './adapters/auto-scaling/kept-group-facts.ts';
import { lifecycle } from './adapters/auto-scaling/lifecycle.ts';
import { readingPatiently } from './adapters/auto-scaling/patient-reads.ts';
import { createClient } from './adapters/aws/clients.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { lazyInstances } from './adapters/ec2/lazy-instances.ts';
import { lazyLoadBalancing } from './adapters/load-balancing/lazy-load-balancing.ts';
import { lazyClouds } from './adapters/openstack/lazy-clouds.ts';
import { parseNotice } from './adapters/event-bridge/interruption-events.ts';
import { instanceTags } from './adapters/aws/resource-tags.ts';
import { retirementHistory, runningRetirements } from './adapters/lambda/retirements.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { durableRun } from './entry/durable-run/durable-run.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { homeOf } from './entry/home.ts';
import { journal } from './entry/reporting/journal.ts';
import { readSettings, retirementSettings } from './entry/configuration/settings.ts';
import { retireNode } from './workflow/retirement/retire-node.ts';
import type { Retired } from './workflow/retirement/retirement.ts';

const settings = readSettings(retirementSettings);
const autoScaling = createClient(AutoScalingClient);
const instances = lazyInstances();
const lambda = createClient(LambdaClient);
const eks = createClient(EKSClient);
const fleets = clusters({ eks });

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  lifecycle: keepingGroupFacts(readingPatiently(lifecycle(autoScaling))),
  instances,
  balancing: lazyLoadBalancing(),
  zonalShifts: zonalShifts(autoScaling),
  instanceTags: instanceTags(createClient(ResourceGroupsTaggingAPIClient)),
  settings: clusterSettings(createClient(SSMClient), settings.EBB_CLUSTER_PARAMETERS),
  clusters: fleets,
  clouds: lazyClouds(),
  replacing: { groups: groups(autoScaling), capacity: capacity(autoScaling), instances, fleets },
  budgets: { groups: groups(autoScaling), fleets, changes: groupChanges({ autoScaling, eks }), launches: instances },
  journal: journal('node-retirement', settings.EBB_INSTALLATION),
};

/** Handler without middy's early timeout, which would end the whole durable execution as failed (platform 0.1). */
export const handler = middy<unknown, Retired, Error, DurableContext>({
  executionMode: executionModeDurableContext,
  timeoutEarlyInMillis: 0,
})
  .use(failureReport())
  .handler((event, context) =>
    retireNode(parseNotice(event), {
      ...ports,
      running: runningRetirements(lambda, context.lambdaContext.functionName),
      history: retirementHistory(lambda, context.lambdaContext.functionName),
      run: durableRun(context),
      home: homeOf(context.lambdaContext, settings.EBB_INSTALLATION),
    }),
  );
