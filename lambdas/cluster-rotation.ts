/** Entry: the rotation, a durable run that replaces the old nodes of a cluster, group by group (contract 10). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { DurableContext } from '@aws/durable-execution-sdk-js';
import middy from '@middy/core';
import { executionModeDurableContext } from '@middy/core/DurableContext';
import { zonalShifts } from './adapters/arc/zonal-shifts.ts';
import { capacity } from './adapters/auto-scaling/capacity.ts';
import { groupChanges } from './adapters/auto-scaling/group-changes.ts';
import { groups } from './adapters/auto-scaling/groups.ts';
import { createClient } from './adapters/aws/clients.ts';
import { rotationControls } from './adapters/aws/rotation-controls.ts';
import { lazyAlarms } from './adapters/cloudwatch/lazy-alarms.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { statusChecks } from './adapters/ec2/status-checks.ts';
import { retirements, runningRetirements, unqualified } from './adapters/lambda/retirements.ts';
import { rotationHistory, rotations } from './adapters/lambda/rotations.ts';
import { launches } from './adapters/launch/launch-plans.ts';
import { lazyLoadBalancing } from './adapters/load-balancing/lazy-load-balancing.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { readSettings, rotationSettings } from './entry/configuration/settings.ts';
import { durableRun } from './entry/durable-run/durable-run.ts';
import { homeOf } from './entry/home.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { journal } from './entry/reporting/journal.ts';
import { rotateOrRequest, type RotationAnswer } from './workflow/rotation/rotate-or-request.ts';

const settings = readSettings(rotationSettings);
const autoScaling = createClient(AutoScalingClient);
const ec2 = createClient(EC2Client);
const eks = createClient(EKSClient);
const lambda = createClient(LambdaClient);
const ssm = createClient(SSMClient);

const ports = {
  groups: groups(autoScaling),
  zonalShifts: zonalShifts(autoScaling),
  balancing: lazyLoadBalancing(),
  capacity: capacity(autoScaling),
  alarms: lazyAlarms(),
  changes: groupChanges({ autoScaling, eks }),
  launches: launches({ autoScaling, ec2, ssm }),
  statusChecks: statusChecks(ec2),
  settings: clusterSettings(ssm, settings.EBB_CLUSTER_PARAMETERS),
  controls: rotationControls(ssm, settings.EBB_ROTATION_PARAMETERS),
  fleets: clusters({ eks }),
  retirements: retirements(lambda, settings.EBB_RETIREMENT_FUNCTION),
  running: runningRetirements(lambda, unqualified(settings.EBB_RETIREMENT_FUNCTION)),
  journal: journal('cluster-rotation', settings.EBB_INSTALLATION),
};

/** Handler without middy's early timeout, which would end the whole durable execution as failed (platform 0.1). */
export const handler = middy<unknown, RotationAnswer, Error, DurableContext>({
  executionMode: executionModeDurableContext,
  timeoutEarlyInMillis: 0,
})
  .use(failureReport())
  .handler((event, context) => {
    const { lambdaContext } = context;
    const home = homeOf(lambdaContext, settings.EBB_INSTALLATION);
    return rotateOrRequest(event, {
      ...ports,
      rotations: rotations(lambda, lambdaContext.invokedFunctionArn),
      history: rotationHistory(lambda, lambdaContext.functionName, home),
      run: durableRun(context),
      home,
    });
  });
