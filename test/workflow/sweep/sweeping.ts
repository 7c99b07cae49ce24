/** Sweeps of a rehearsal's cluster: the shipped adapters, but for the durable executions of Lambda. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import { groups } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import { instanceTags } from '../../../lambdas/adapters/aws/resource-tags.ts';
import { groupChanges } from '../../../lambdas/adapters/auto-scaling/group-changes.ts';
import { scheduledChanges } from '../../../lambdas/adapters/ec2/scheduled-changes.ts';
import { launches } from '../../../lambdas/adapters/launch/launch-plans.ts';
import type { EndedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import type { SweepReport } from '../../../lambdas/core/disruption/sweep-report.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';
import { sweepNodes, type SweepPorts } from '../../../lambdas/workflow/sweep/sweep-nodes.ts';
import type { Rehearsal } from '../retirement/rehearsal.ts';

export interface SweepGiven {
  /** Retirements that have ended, the latest first. */
  readonly ended?: readonly EndedRetirement[];
  /** Names of those that run. @default what was started, and what the rehearsal says */
  readonly names?: () => Promise<readonly string[]>;
  readonly dryRun?: boolean;
  /** In place of the rehearsal's. */
  readonly ports?: Partial<SweepPorts>;
  /** @default an account without load balancers */
  readonly balancing?: LoadBalancing;
}

/** What was started runs on unless the test says otherwise. */
export function sweep(rehearsal: Rehearsal, given: SweepGiven = {}): Promise<readonly SweepReport[]> {
  const { ended = [], names, dryRun = false, balancing = rehearsal.ports.balancing } = given;
  const running = (): Promise<string[]> => Promise.resolve([...rehearsal.started.keys(), ...rehearsal.running]);
  const client = rehearsal.aws.clientConfig();
  const autoScaling = new AutoScalingClient(client);
  const ports: SweepPorts = {
    ...rehearsal.ports,
    clusters: rehearsal.fleets,
    balancing,
    scheduledChanges: scheduledChanges(new EC2Client(client)),
    groups: groups(autoScaling),
    instanceTags: instanceTags(new ResourceGroupsTaggingAPIClient(client)),
    changes: groupChanges({ autoScaling, eks: new EKSClient(client) }),
    launches: launches({ autoScaling, ec2: new EC2Client(client), ssm: new SSMClient(client) }),
    running: { ...rehearsal.ports.running, names: names ?? running },
    history: { ...rehearsal.ports.history, ended: () => Promise.resolve(ended) },
    ...given.ports,
  };
  return rehearsal.drive(sweepNodes(ports, { dryRun }));
}
