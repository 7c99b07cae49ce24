/** EC2 recommends to rebalance several Spot instances at once: the shipped functions, with their rights (contract 1.2, 9.3). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '../../installation.ts';

const GROUP = 'spot-workers';

let installation: Installation;

beforeAll(async () => {
  const configuration = { clusters: [{ name: 'production', groups: [{ name: GROUP }], notices: { rebalance: true } }] };
  installation = await Installation.start({ configuration, nodes: 3 });
  installation.aws.autoScaling.group(GROUP).capacityRebalance = true;
}, 240_000);
afterAll(async () => {
  await installation.stop();
});

test('one is drained, held and put back, and the others are left alone and told why', async () => {
  const { aws, kubernetes, events } = installation;
  for (const instance of aws.autoScaling.instanceIds(GROUP)) {
    aws.instances.setPurchase(instance, 'spot');
    aws.interruptions.recommendRebalance(instance);
  }
  const over = (): boolean =>
    aws.lambda.executions.length === 3 && aws.lambda.executions.every(({ status }) => status !== 'RUNNING');
  await aws.driveUntil(over);
  const of = (type: string) => events.filter((event) => event.type === type);
  expect(of('retirement.finished')).toMatchObject([{ result: 'restored' }]);
  expect(of('node.isolated')).toHaveLength(1);
  const reason = expect.stringMatching(
    /may not go now: its budget is 1 node, [12] of it used up: .* (is to be drained|retires)/,
  ) as string;
  expect(of('notice.ignored')).toMatchObject([{ reason }, { reason }]);
  expect(aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
  for (const instance of aws.autoScaling.instanceIds(GROUP))
    expect(kubernetes.node(installation.nodeOf(instance))?.spec.unschedulable ?? false).toBe(false);
}, 120_000);
