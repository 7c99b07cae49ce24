/** A zonal shift, with the shipped functions on their schedule, roles and rules (contract 9.8). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '../installation.ts';
import { taint } from '../workflow/node/tainting.ts';

const GROUP = 'workers';

let installation: Installation;

beforeAll(async () => {
  const configuration = { clusters: [{ name: 'production', groups: [{ name: GROUP }], budget: { nodes: 1 } }] };
  installation = await Installation.start({ configuration, nodes: 3, sweeps: true });
  installation.joinLaunched({ bootSeconds: 60 });
});
afterAll(async () => {
  await installation.stop();
});

test('a tainted node waits until its load balancer is shifted no more; what the group lets go meanwhile does not', async () => {
  const { aws, kubernetes } = installation;
  const [tainted = '', terminated = ''] = aws.autoScaling.instanceIds(GROUP);
  const front = aws.elasticLoadBalancing.addLoadBalancer({ name: 'front' });
  aws.elasticLoadBalancing.addTargetGroup({
    name: 'web',
    loadBalancers: ['front'],
    tags: { 'kubernetes.io/cluster/production': 'owned' },
  });
  aws.zonalShifts.manage(front.arn);
  aws.zonalShifts.start(front.arn, { awayFrom: 'euc1-az1', seconds: 1_800, comment: 'disks are slow' });
  await kubernetes.settle();
  taint(installation, installation.nodeOf(tainted));

  const stopped = () => installation.events.filter(({ type }) => type === 'group.stopped');
  await aws.driveUntil(() => stopped().length >= 2, { schedules: true });
  expect(stopped()[0]).toMatchObject({
    cluster: 'production',
    group: GROUP,
    reason: expect.stringMatching(
      /^a zonal shift moves the traffic of load balancer app\/front\/\w+ away from euc1-az1 until .*: disks are slow$/,
    ) as string,
  });
  expect(aws.lambda.executions).toEqual([]);

  const member = aws.autoScaling.findMember(terminated);
  if (member === undefined) throw new Error(`${terminated} is in no group`);
  aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  await aws.driveUntil(() => aws.autoScaling.state(terminated) === 'Terminated', { schedules: true });
  expect(aws.autoScaling.state(tainted)).toBe('InService');

  await aws.driveUntil(() => aws.autoScaling.state(tainted) === 'Terminated', { schedules: true });
  await aws.driveUntil(() => aws.lambda.executions.every(({ status }) => status !== 'RUNNING'));
  expect(aws.requests.filter(({ service, status }) => service === 'arc-zonal-shift' && status !== 200)).toEqual([]);
  expect(aws.lambda.deadLetters).toEqual([]);
}, 120_000);
