/** Rotations in a process of one's own, without any function (contract 10.7), against both peers. */
import { describe, expect, test } from 'vitest';
import { RETIREMENT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { GROUP } from '../../workflow/retirement/rehearsal.ts';
import { OwnProcess } from './own-process.ts';

const tagged = { groupTags: { 'kubernetes.io/cluster/production': 'owned' } };

describe('a rotation in a process of one’s own', () => {
  test('replaces every node of the groups that a tag gives to the cluster', async () => {
    await using given = await OwnProcess.start(tagged);
    const { rehearsal } = given;
    const before = rehearsal.instances;
    const seen: number[] = [];
    const rotated = await given.rotate(
      { maxSurge: 2 },
      { onProgress: ({ groups }) => seen.push(groups[0]?.done ?? 0) },
    );
    expect(rotated).toMatchObject({ result: 'done', progress: { groups: [{ group: GROUP, way: 'detach', done: 3 }] } });
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
    expect(seen.at(0)).toBe(0);
    expect(seen.at(-1)).toBe(3);
    expect(given.events.map(({ type }) => type)).toContain('rotation.batch');
  });

  test('replaces the nodes of a group that only the request names', async () => {
    await using given = await OwnProcess.start({ nodes: 1 });
    const before = given.rehearsal.instances;
    expect(await given.rotate({ groups: [GROUP] })).toMatchObject({ result: 'done' });
    expect(given.rehearsal.instances).not.toEqual(before);
  });

  test('begins no new batch once it is to stop, finishes what is in hand, and goes on from its time', async () => {
    await using given = await OwnProcess.start(tagged);
    const { rehearsal } = given;
    const before = rehearsal.instances;
    const stop = new AbortController();
    const stopped = await given.rotate(
      {},
      {
        signal: stop.signal,
        onEvent: ({ type }) => {
          if (type === 'instance.detached') stop.abort();
        },
      },
    );
    expect(stopped).toMatchObject({ result: 'stopped', progress: { groups: [{ done: 1, left: 2 }] } });
    const again = await given.rotate({}, { since: stopped.since });
    expect(again).toMatchObject({ result: 'done', progress: { groups: [{ done: 3 }] } });
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
  });

  test.each(['slot', 'replacement', 'drain'])('finishes first what has died in its %s', async (step) => {
    await using given = await OwnProcess.start({ ...tagged, nodes: 2 });
    const { rehearsal } = given;
    const before = rehearsal.instances;
    const { node } = rehearsal.first;
    await expect(given.dieAt(step)).rejects.toThrow('the process has died');
    expect(RETIREMENT_ANNOTATION in (rehearsal.node(node).metadata.annotations ?? {})).toBe(true);
    expect(await given.rotate()).toMatchObject({ result: 'done' });
    expect(rehearsal.aws.instances.get(before[0] ?? '').state).toBe('terminated');
    expect(rehearsal.instances.filter((each) => before.includes(each))).toEqual([]);
    expect(rehearsal.instances).toHaveLength(2);
  });

  test.each([
    [{ cluster: 'production', maxSurge: 0 }, 'maxSurge: must be a number of nodes from 1 to 20'],
    [{ cluster: 'staging' }, 'no Auto Scaling group in eu-central-1 is named'],
  ])('of %j is refused before anything is changed', async (request, words) => {
    await using given = await OwnProcess.start({ nodes: 1 });
    await expect(given.rotate(request)).rejects.toThrow(words);
    expect(given.events).toEqual([]);
  });
});
