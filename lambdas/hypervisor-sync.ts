/** Entry: the sync. Every few minutes it follows cordon and uncordon of nodes that are compute hosts (contract 11.4). */
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createClient } from './adapters/aws/clients.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { evacuations } from './adapters/lambda/evacuations.ts';
import { runningRetirements, unqualified } from './adapters/lambda/retirements.ts';
import { clouds } from './adapters/openstack/clouds.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { hypervisorSyncSettings, readSettings } from './entry/configuration/settings.ts';
import { dryRunAnswer } from './entry/dry-run.ts';
import { homeOf } from './entry/home.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { journal } from './entry/reporting/journal.ts';
import { syncHypervisors } from './workflow/openstack/sync-hypervisors.ts';

const settings = readSettings(hypervisorSyncSettings);
const lambda = createClient(LambdaClient);

const ports = {
  settings: clusterSettings(createClient(SSMClient), settings.EBB_CLUSTER_PARAMETERS),
  fleets: clusters({ eks: createClient(EKSClient) }),
  clouds: clouds(),
  evacuations: evacuations(lambda, settings.EBB_EVACUATION_FUNCTION),
  running: runningRetirements(lambda, unqualified(settings.EBB_EVACUATION_FUNCTION)),
  journal: journal('hypervisor-sync', settings.EBB_INSTALLATION),
};

export const handler = middy()
  .use(failureReport())
  .handler((event: unknown, context: Context) =>
    dryRunAnswer(event, (order) =>
      syncHypervisors({ ...ports, home: homeOf(context, settings.EBB_INSTALLATION) }, order),
    ),
  );
