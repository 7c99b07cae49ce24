/** Entry: the HTTP endpoint. It takes an instance out of its load balancers, and does nothing else. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import middy from '@middy/core';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { createClient } from './adapters/aws/clients.ts';
import { balancingClients } from './adapters/load-balancing/clients.ts';
import { instanceFinder } from './adapters/ec2/finder.ts';
import { allowedVpcs } from './adapters/clusters/allowed-vpcs.ts';
import { loadBalancing } from './adapters/load-balancing/elastic-load-balancing.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import type { HttpAnswer } from './entry/http/answer.ts';
import { drain } from './entry/http/drain.ts';
import { routes } from './entry/http/routes.ts';
import { doorkeeper } from './entry/http/secret.ts';
import { journal } from './entry/reporting/journal.ts';
import { endpointSettings, readSettings } from './entry/configuration/settings.ts';

const settings = readSettings(endpointSettings);

const ec2 = createClient(EC2Client);

const ports = {
  finder: instanceFinder(ec2),
  allowedVpcs: allowedVpcs(
    { eks: createClient(EKSClient), ec2 },
    { vpcs: settings.EBB_VPCS, clusters: settings.EBB_CLUSTERS, others: settings.EBB_OTHER_CLUSTERS },
  ),
  balancing: loadBalancing(balancingClients()),
  doorkeeper: doorkeeper(settings.EBB_DOOR),
  journal: journal('traffic-endpoint', settings.EBB_INSTALLATION),
};

export const handler = middy<LambdaFunctionURLEvent, HttpAnswer>()
  .use(failureReport())
  .handler(routes((event) => drain(event, ports)));
