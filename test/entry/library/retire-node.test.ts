/** One node's retirement in a process of one's own (contract 10.4, 10.7), against both peers. */
import { describe, expect, test } from 'vitest';
import { GROUP } from '../../workflow/retirement/rehearsal.ts';
import { OwnProcess } from './own-process.ts';

const web = { namespace: 'shop', name: 'web' };

describe('a node that is retired in a process of one’s own', () => {
  test('is replaced first and terminated with detach and terminate, by its name', async () => {
    await using given = await OwnProcess.start();
    const { rehearsal } = given;
    const { instance, node } = rehearsal.first;
    rehearsal.kubernetes.world.addDeployment({ ...web, replicas: 2, nodes: [node] });
    await rehearsal.ready();
    const retired = await given.retire({ node, detach: true, terminate: true });
    expect(retired).toEqual({ instance, group: GROUP, result: 'drained' });
    expect(rehearsal.aws.instances.get(instance).state).toBe('terminated');
    expect(given.events.map(({ type }) => type)).toContain('replacement.ready');
  });

  test('stays, drained, without them, and is found by its instance as well', async () => {
    await using given = await OwnProcess.start();
    const { rehearsal } = given;
    const { instance, node } = rehearsal.first;
    expect(await given.retire({ instance })).toMatchObject({ result: 'drained' });
    expect(rehearsal.aws.autoScaling.state(instance)).toBe('InService');
    expect(rehearsal.node(node).spec.unschedulable).toBe(true);
  });

  test.each([
    [{}, 'node: missing: send the name of a node, or instance'],
    [{ node: 'nobody' }, 'node: there is no node nobody in production'],
  ])('by %j is refused', async (request, words) => {
    await using given = await OwnProcess.start({ nodes: 1 });
    await expect(given.retire(request)).rejects.toThrow(words);
  });
});
