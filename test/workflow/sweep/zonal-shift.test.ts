/** What the sweep does with tainted nodes while traffic is shifted away from a zone (contract 9.8), on both peers. */
import { describe, expect, test } from 'vitest';
import { portFor } from '../../adapters/load-balancing/given.ts';
import { HOUR, MINUTE } from '../../given.ts';
import { taint } from '../node/tainting.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';
import { sweep } from './sweeping.ts';

const CLUSTER = 'arn:aws:eks:eu-central-1:123456789012:cluster/production';

/** A cluster with a tainted node. */
async function tainted(): Promise<Rehearsal> {
  const rehearsal = await Rehearsal.start();
  await rehearsal.ready();
  taint(rehearsal, rehearsal.first.node);
  return rehearsal;
}

describe('a tainted node', () => {
  test('is not drained while its cluster is shifted, by a person or by AWS, and is after that', async () => {
    await using rehearsal = await tainted();
    const { aws, clock } = rehearsal;
    aws.zonalShifts.manage(CLUSTER);
    aws.zonalShifts.start(CLUSTER, { awayFrom: 'euc1-az1', seconds: 1_800, comment: 'disks are slow' });
    const auto = aws.zonalShifts.start(CLUSTER, { kind: 'autoshift', awayFrom: 'euc1-az2' });
    const until = new Date(clock.now() + 30 * MINUTE).toISOString();
    const why = `a zonal shift moves the traffic of cluster production away from euc1-az1 until ${until}: disks are slow`;
    expect(await sweep(rehearsal)).toMatchObject([{ nodes: [{ decision: 'waits', why }] }]);
    expect(rehearsal.of('group.stopped')).toMatchObject([{ reason: why }]);
    await rehearsal.drive(clock.sleep(HOUR));
    await sweep(rehearsal);
    expect(rehearsal.of('group.stopped').at(-1)?.reason).toBe(
      'an autoshift of AWS moves the traffic of cluster production away from euc1-az2',
    );
    expect(rehearsal.started.size).toBe(0);
    aws.zonalShifts.end(auto);
    await rehearsal.drive(clock.sleep(MINUTE));
    await sweep(rehearsal);
    expect([...rehearsal.started.values()]).toMatchObject([{ kind: 'tainted' }]);
  });

  test('is not drained while a load balancer of the cluster is shifted; one of others holds nothing', async () => {
    await using rehearsal = await tainted();
    const { aws, clock } = rehearsal;
    const { elasticLoadBalancing: elb, zonalShifts: shifts } = aws;
    const ours = elb.addLoadBalancer({ name: 'ours', tags: { 'elbv2.k8s.aws/cluster': 'production' } });
    const theirs = elb.addLoadBalancer({ name: 'theirs', tags: { 'elbv2.k8s.aws/cluster': 'staging' } });
    for (const { arn } of [ours, theirs]) shifts.manage(arn);
    const shift = shifts.start(ours.arn, { awayFrom: 'euc1-az1' });
    shifts.start(theirs.arn, { awayFrom: 'euc1-az1' });
    await sweep(rehearsal, { balancing: portFor({ aws }) });
    expect(rehearsal.of('group.stopped')).toMatchObject([{ reason: expect.stringContaining('app/ours/') as string }]);
    expect(rehearsal.started.size).toBe(0);
    shifts.end(shift);
    await rehearsal.drive(clock.sleep(MINUTE));
    await sweep(rehearsal, { balancing: portFor({ aws }) });
    expect(rehearsal.started.size).toBe(1);
  });
});

test('an orphaned hook is taken up all the same: its instance goes anyway', async () => {
  await using rehearsal = await tainted();
  rehearsal.aws.zonalShifts.manage(CLUSTER);
  rehearsal.aws.zonalShifts.start(CLUSTER, { awayFrom: 'euc1-az1' });
  rehearsal.terminate(rehearsal.instances[1] ?? '');
  await rehearsal.drive(rehearsal.clock.sleep(10 * MINUTE));
  await sweep(rehearsal);
  expect([...rehearsal.started.values()]).toMatchObject([{ kind: 'asg-terminate' }]);
});
