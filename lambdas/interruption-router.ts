/** Entry: the interruption router. It starts a retirement, by name, for an EventBridge event. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { keepingGroupFacts } from './adapters/auto-scaling/kept-group-facts.ts';
import { lifecycle } from './adapters/auto-scaling/lifecycle.ts';
import { createClient } from './adapters/aws/clients.ts';
import { parseEvent } from './adapters/event-bridge/interruption-events.ts';
import { instanceTags } from './adapters/aws/resource-tags.ts';
import { startingPatiently } from './adapters/lambda/patient-starts.ts';
import { retirements } from './adapters/lambda/retirements.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { homeOf } from './entry/home.ts';
import { journal } from './entry/reporting/journal.ts';
import { readSettings, routerSettings } from './entry/configuration/settings.ts';
import { routeEvent } from './workflow/notice/route-notice.ts';

const settings = readSettings(routerSettings);

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  lifecycle: keepingGroupFacts(lifecycle(createClient(AutoScalingClient))),
  instanceTags: instanceTags(createClient(ResourceGroupsTaggingAPIClient)),
  settings: clusterSettings(createClient(SSMClient), settings.EBB_CLUSTER_PARAMETERS),
  retirements: startingPatiently(retirements(createClient(LambdaClient), settings.EBB_RETIREMENT_FUNCTION)),
  journal: journal('interruption-router', settings.EBB_INSTALLATION),
};

export const handler = middy()
  .use(failureReport())
  .handler((event: unknown, context: Context) =>
    routeEvent(parseEvent(event), { ...ports, home: homeOf(context, settings.EBB_INSTALLATION) }),
  );
