import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  type TrafficSourceState,
} from '@aws-sdk/client-auto-scaling';
import { expect, test } from 'vitest';
import { trafficSources } from '../../../lambdas/adapters/auto-scaling/traffic-sources.ts';

/** A client that answers so, whatever it is asked. */
function answering(group: Partial<AutoScalingGroup>, TrafficSources: TrafficSourceState[]): AutoScalingClient {
  const client = new AutoScalingClient({ region: 'eu-central-1' });
  return Object.assign(client, {
    send: (command: unknown) =>
      Promise.resolve(
        command instanceof DescribeAutoScalingGroupsCommand ? { AutoScalingGroups: [group] } : { TrafficSources },
      ),
  });
}

const ATTACHED = { TargetGroupARNs: ['arn:a'], LoadBalancerNames: ['front'] };
const SOURCES = [
  { Identifier: 'arn:a', Type: 'elbv2' },
  { Identifier: 'front', Type: 'elb' },
];

test.each([
  ['as load balancers and target groups', ATTACHED, []],
  ['as traffic sources', {}, SOURCES],
  ['both ways', ATTACHED, SOURCES],
])('what is attached to a group %s is found, once (contract 7.2)', async (_, group, sources) => {
  expect(await trafficSources(answering(group, sources), 'workers')).toMatchObject({
    groups: ['arn:a'],
    classics: ['front'],
  });
});
