/** Faults of EC2 that have a way round them (faults 16, 17), each to the end of a retirement. */
import { expect, test } from 'vitest';
import { Rehearsal } from '../workflow/retirement/rehearsal.ts';

const SECOND = 1_000;

/** Lists of all nodes; one of the retiring ones is made for every slot. */
const lists = ({ kubernetes }: Rehearsal): number =>
  kubernetes.requests.entries.filter(
    ({ verb, resource, query }) => verb === 'list' && resource === 'nodes' && !query.includes('labelSelector'),
  ).length;

test('faults 16: an EC2 that throttles is asked again a few times, then the node is found by its providerID', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  rehearsal.kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', nodes: [node] });
  await rehearsal.ready();
  rehearsal.aws.faults.inject({ kind: 'throttle', action: 'DescribeInstances', times: 10 });
  const begun = rehearsal.clock.now();
  expect(await rehearsal.retire(instance)).toEqual({ result: 'drained' });
  expect(rehearsal.clock.now() - begun).toBeLessThan(10 * SECOND);
  expect(lists(rehearsal)).toBe(1);
  expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
});

test('faults 17: an instance that EC2 gives no name any more is found by its providerID', async () => {
  await using rehearsal = await Rehearsal.start();
  const { instance, node } = rehearsal.first;
  const notice = rehearsal.noticeOf(rehearsal.terminate(instance));
  rehearsal.aws.instances.setState(instance, 'terminated');
  expect(await rehearsal.drive(rehearsal.retireBy(notice))).toEqual({ result: 'drained' });
  expect(rehearsal.of('node.isolated')).toMatchObject([{ node }]);
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
});
