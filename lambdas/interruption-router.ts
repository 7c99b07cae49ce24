/**
 * Entry: the interruption router. It starts a retirement, by name, for each EventBridge event: in batches of the queue
 * where the rules leave them, or for one event that it is invoked with.
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { keepingGroupFacts } from './adapters/auto-scaling/kept-group-facts.ts';
import { insistingOnMemberships } from './adapters/auto-scaling/patient-reads.ts';
import { lifecycle } from './adapters/auto-scaling/lifecycle.ts';
import { createClient } from './adapters/aws/clients.ts';
import { lazyListedNodes } from './adapters/clusters/lazy-listed-nodes.ts';
import { lazyReservations } from './adapters/ec2/lazy-reservations.ts';
import { parseEvent } from './adapters/event-bridge/interruption-events.ts';
import { instanceTags } from './adapters/aws/resource-tags.ts';
import { startingPatiently } from './adapters/lambda/patient-starts.ts';
import { retirements } from './adapters/lambda/retirements.ts';
import { puttingOff } from './adapters/sqs/put-off.ts';
import { messagesOf } from './adapters/sqs/batch.ts';
import { clusterSettings, keepingSettings } from './entry/configuration/read-cluster-settings.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { homeOf } from './entry/home.ts';
import { journal } from './entry/reporting/journal.ts';
import { routeMessages } from './entry/route-messages.ts';
import { readSettings, routerSettings } from './entry/configuration/settings.ts';
import { routeEvent } from './workflow/notice/route-notice.ts';

const settings = readSettings(routerSettings);

const ports = {
  hookName: settings.EBB_HOOK_NAME,
  lifecycle: keepingGroupFacts(insistingOnMemberships(lifecycle(createClient(AutoScalingClient)))),
  instanceTags: instanceTags(createClient(ResourceGroupsTaggingAPIClient)),
  settings: keepingSettings(clusterSettings(createClient(SSMClient), settings.EBB_CLUSTER_PARAMETERS)),
  retirements: startingPatiently(retirements(createClient(LambdaClient), settings.EBB_RETIREMENT_FUNCTION)),
  nodes: lazyListedNodes(),
  reservations: lazyReservations(),
  journal: journal('interruption-router', settings.EBB_INSTALLATION),
};

const putOff = puttingOff(createClient(SQSClient, { useQueueUrlAsEndpoint: false }), settings.EBB_NOTICE_QUEUE);

export const handler = middy()
  .use(failureReport())
  .handler(async (event: unknown, context: Context) => {
    const messages = messagesOf(event);
    const routing = { ...ports, home: homeOf(context, settings.EBB_INSTALLATION) };
    if (messages !== undefined) return await routeMessages(messages, { ...routing, parse: parseEvent, putOff });
    await routeEvent(parseEvent(event), routing);
    return undefined;
  });
