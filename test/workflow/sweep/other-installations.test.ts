/** Two installations in one account and region, as one of them meets the other's groups and nodes (contract 15.2). */
import { describe, expect, test } from 'vitest';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import { hookMetadata } from '../../../lambdas/core/aws/installation.ts';
import { judgeMarks } from '../../../lambdas/core/node/orphaned-marks.ts';
import { executionName } from '../../../lambdas/core/notice/notice.ts';
import { aNode, MINUTE, NOON } from '../../given.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { Rehearsal } from '../retirement/rehearsal.ts';

const OURS = 'ebb-staging';

/** Of the group's hook. */
const madeBy = (installation: string): string => hookMetadata({ cluster: 'production', installation });

/** The ports of a named installation in the rehearsal's account. */
function named({ ports }: Rehearsal): { home: Rehearsal['ports']['home'] } {
  return { home: { ...ports.home, installation: OURS } };
}

describe('the event of a group', () => {
  test('whose hook another installation made is ignored, though that one’s hook has our name', async () => {
    await using rehearsal = await Rehearsal.start({ metadata: madeBy('ebb'), enrolled: false });
    const [instance = ''] = rehearsal.instances;
    await rehearsal.route(rehearsal.terminate(instance), named(rehearsal));
    expect(rehearsal.of('notice.ignored')).toMatchObject([{ instance, reason: 'group workers is ebb’s' }]);
    expect(rehearsal.started.size).toBe(0);
  });

  test('that is enrolled here, and whose hook another installation made, is refused: one of the two drains it', async () => {
    await using rehearsal = await Rehearsal.start({ metadata: madeBy('ebb') });
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    await rehearsal.route(event, named(rehearsal));
    expect(rehearsal.of('notice.refused')).toMatchObject([
      { reason: expect.stringContaining('its hook is ebb’s: take it out of one of them') as string },
    ]);
    expect(rehearsal.started.size).toBe(0);
    await rehearsal.route(event);
    expect(rehearsal.started.size).toBe(1);
  });

  test.each([
    ['we made', madeBy(OURS)],
    ['a person made, which says nothing of installations', '{"cluster":"production"}'],
  ])('that is enrolled here, and whose hook %s, starts a retirement that bears our name', async (_who, metadata) => {
    await using rehearsal = await Rehearsal.start({ metadata });
    const [instance = ''] = rehearsal.instances;
    const event = rehearsal.terminate(instance);
    await rehearsal.route(event, named(rehearsal));
    const name = executionName(rehearsal.noticeOf(event), { installation: OURS });
    expect(name).toMatch(/^ebb-staging-/);
    expect([...rehearsal.started.keys()]).toEqual([name]);
  });

  test.each([
    ['true', 0],
    [OURS, 1],
  ])(
    'that is enrolled by its tag ebb/managed=%s starts %i retirements of a named installation',
    async (value, count) => {
      await using rehearsal = await Rehearsal.start({
        enrolled: false,
        metadata: '{"cluster":"production"}',
        groupTags: { 'ebb/managed': value },
      });
      const [instance = ''] = rehearsal.instances;
      await rehearsal.route(rehearsal.terminate(instance), named(rehearsal));
      expect(rehearsal.started.size).toBe(count);
    },
  );
});

describe('a node that another installation’s retirement has isolated', () => {
  async function retired(untilDeadline: number) {
    await using rehearsal = await Rehearsal.start();
    const { instance, node } = rehearsal.first;
    await rehearsal.ready();
    const execution = `${OURS}-${rehearsal.aws.account.region}-${instance}-01234567`;
    const [since, deadline] = [-MINUTE, untilDeadline].map((after) =>
      new Date(rehearsal.clock.now() + after).toISOString(),
    );
    const ownership = { execution, kind: 'asg-terminate', since, deadline, cordonedByUs: true, labelledByUs: true };
    rehearsal.kubernetes.store.change(nodes, { name: node }, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'ebb/retirement': JSON.stringify(ownership) };
    });
    const ended = await rehearsal.retire(instance);
    const by = ownershipOf({ annotations: rehearsal.node(node).metadata.annotations ?? {} })?.execution;
    return { ended, isTheirs: by === execution };
  }

  test('is left to that one until the deadline that it wrote down, whether or not it runs', async () => {
    const { ended, isTheirs } = await retired(10 * MINUTE);
    expect(ended).toMatchObject({ result: 'joined' });
    expect(isTheirs).toBe(true);
  });

  test('is ours to drain once that has passed', async () => {
    const { ended, isTheirs } = await retired(-1_000);
    expect(ended).toEqual({ result: 'drained' });
    expect(isTheirs).toBe(false);
  });

  test('bears marks that the sweep neither restores nor finds unreadable', () => {
    const at = new Date(NOON).toISOString();
    const execution = `${OURS}-eu-central-1-i-0123456789abcdef0-01234567`;
    const ownership = { execution, kind: 'tainted', since: at, deadline: at, cordonedByUs: true, labelledByUs: true };
    const node = aNode({ annotations: { 'ebb/retirement': JSON.stringify(ownership) } });
    const home = { account: '123456789012', region: 'eu-central-1' };
    const marks = judgeMarks(node, new Set(), { home, isAsked: false, now: NOON });
    expect(marks).toEqual({ kind: 'attended' });
  });
});
