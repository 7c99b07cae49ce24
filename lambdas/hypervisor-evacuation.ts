/** Entry: the evacuation of one compute host, a durable run that is started on request or by the sync (contract 11.4). */
import { EKSClient } from '@aws-sdk/client-eks';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import { executionModeDurableContext } from '@middy/core/DurableContext';
import { createClient } from './adapters/aws/clients.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { clouds } from './adapters/openstack/clouds.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { evacuationSettings, readSettings } from './entry/configuration/settings.ts';
import { durableRun } from './entry/durable-run/durable-run.ts';
import { executionNameOf } from './entry/durable-run/execution-name.ts';
import { homeOf } from './entry/home.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { journal } from './entry/reporting/journal.ts';
import { evacuateOnRequest, type EvacuationAnswer } from './workflow/openstack/evacuate-on-request.ts';

const settings = readSettings(evacuationSettings);

const ports = {
  settings: clusterSettings(createClient(SSMClient), settings.EBB_CLUSTER_PARAMETERS),
  clusters: clusters({ eks: createClient(EKSClient) }),
  clouds: clouds(),
  journal: journal('hypervisor-evacuation', settings.EBB_INSTALLATION),
};

/** Handler without middy's early timeout, which would end the whole durable execution as failed (platform 0.1). */
export const handler = middy<unknown, EvacuationAnswer, Error, DurableContext>({
  executionMode: executionModeDurableContext,
  timeoutEarlyInMillis: 0,
})
  .use(failureReport())
  .handler((event, context) =>
    evacuateOnRequest(event, executionNameOf(context.executionContext.durableExecutionArn), {
      ...ports,
      run: durableRun(context),
      home: homeOf(context.lambdaContext, settings.EBB_INSTALLATION),
    }),
  );
