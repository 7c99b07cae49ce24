/** Entry: the drift tainter. Every few minutes it finds and taints the nodes that are out of date (contract 9). */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import { zonalShifts } from './adapters/arc/zonal-shifts.ts';
import { groups } from './adapters/auto-scaling/groups.ts';
import { createClient } from './adapters/aws/clients.ts';
import { clusters } from './adapters/clusters/clusters.ts';
import { groupChanges } from './adapters/auto-scaling/group-changes.ts';
import { statusChecks } from './adapters/ec2/status-checks.ts';
import { lazyLoadBalancing } from './adapters/load-balancing/lazy-load-balancing.ts';
import { launches } from './adapters/launch/launch-plans.ts';
import { driftAnswer } from './core/drift/answer.ts';
import { clusterSettings } from './entry/configuration/read-cluster-settings.ts';
import { dryRunAnswer } from './entry/dry-run.ts';
import { failureReport } from './entry/reporting/failure-report.ts';
import { journal } from './entry/reporting/journal.ts';
import { driftSettings, readSettings } from './entry/configuration/settings.ts';
import { taintDriftedNodes } from './workflow/drift/taint-drifted-nodes.ts';

const settings = readSettings(driftSettings);
const autoScaling = createClient(AutoScalingClient);
const ec2 = createClient(EC2Client);
const eks = createClient(EKSClient);
const ssm = createClient(SSMClient);

const ports = {
  installation: settings.EBB_INSTALLATION,
  groups: groups(autoScaling),
  statusChecks: statusChecks(ec2),
  zonalShifts: zonalShifts(autoScaling),
  balancing: lazyLoadBalancing(),
  launches: launches({ autoScaling, ec2, ssm }),
  changes: groupChanges({ autoScaling, eks }),
  settings: clusterSettings(ssm, settings.EBB_CLUSTER_PARAMETERS),
  clusters: clusters({ eks }),
  journal: journal('drift-tainter', settings.EBB_INSTALLATION),
};

export const handler = middy()
  .use(failureReport())
  .handler((event: unknown) =>
    dryRunAnswer(event, async (order) => (await taintDriftedNodes(ports, order)).map(driftAnswer)),
  );
