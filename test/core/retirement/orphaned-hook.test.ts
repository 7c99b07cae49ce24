/** Instances that wait while nobody looks after them (contract 1.7). */
import { describe, expect, test } from 'vitest';
import {
  isDoubtful,
  isOrphaned,
  isWaiting,
  noticeOfOrphan,
  type EndedRetirement,
} from '../../../lambdas/core/retirement/orphaned-hook.ts';
import type { Member } from '../../../lambdas/core/aws/group.ts';
import { lifecycleNoticeSchema } from '../../../lambdas/core/notice/notice.ts';
import { NOON } from '../../given.ts';

const HOME = { account: '123456789012', region: 'eu-central-1' };
const INSTANCE = 'i-0123456789abcdef0';
const OURS = `123456789012-eu-central-1-${INSTANCE}-`;

const member = (given: Partial<Member> = {}): Member => ({
  instance: INSTANCE,
  group: 'workers',
  state: 'Terminating:Wait',
  ...given,
});

test.each([
  ['Terminating:Wait', true],
  ['Warmed:Terminating:Wait', true],
  ['Warmed:Pending:Wait', true],
  ['InService', false],
  ['Terminating', false],
  ['Terminating:Proceed', false],
  ['Warmed:Stopped', false],
])('an instance in state %s waits in a hook: %s', (state, waits) => {
  expect(isWaiting(member({ state }))).toBe(waits);
});

describe('an instance that waits is forgotten', () => {
  test.each([
    ['when no retirement runs at all', [], true],
    ['when those that run are of others', [`123456789012-eu-central-1-i-0fedcba9876543210-00000000`], true],
    ['when that of an instance runs whose id merely begins alike', [`${OURS.slice(0, -1)}0-00000000`], true],
    ['when that of another region runs (faults 78)', [`123456789012-us-east-1-${INSTANCE}-00000000`], true],
    ['not when one of its own runs', [`${OURS}0a1b2c3d`], false],
  ])('%s', (_when, running, forgotten) => {
    expect(isOrphaned(member(), running, HOME)).toBe(forgotten);
  });
});

describe('that it is our hook which holds an instance', () => {
  const times = { startedAt: NOON, endedAt: NOON };
  const good: EndedRetirement = { name: `${OURS}00000001`, ...times, succeeded: true };
  const bad: EndedRetirement = { name: `${OURS}00000002`, ...times, succeeded: false };
  const theirs = '123456789012-eu-central-1-i-0fedcba9876543210-00000000';
  const other: EndedRetirement = { name: theirs, ...times, succeeded: true };

  test.each<[string, string, EndedRetirement[], boolean]>([
    ['sure: none of its retirements has ended', 'Terminating:Wait', [], false],
    ['sure: only those of others have', 'Terminating:Wait', [other], false],
    ['sure: its last one failed, and so did not complete it', 'Terminating:Wait', [bad, good], false],
    ['in doubt: its last one succeeded', 'Terminating:Wait', [good, bad], true],
    ['in doubt: it may be on its way into the warm pool for the first time', 'Warmed:Pending:Wait', [], true],
    ['sure: it waits there, and its last one failed', 'Warmed:Pending:Wait', [bad], false],
  ])('is %s', (_why, state, ended, doubtful) => {
    expect(isDoubtful(member({ state }), ended, HOME)).toBe(doubtful);
  });
});

describe('the notice of a forgotten instance', () => {
  const about = { ...HOME, hook: 'ebb-drain', at: NOON };

  test('is what its event would have brought, without the token', () => {
    const notice = noticeOfOrphan(member(), about);
    expect(notice).toEqual({
      kind: 'asg-terminate',
      ...HOME,
      instance: INSTANCE,
      group: 'workers',
      hook: 'ebb-drain',
      origin: 'AutoScalingGroup',
      at: NOON,
    });
    expect(lifecycleNoticeSchema.parse(JSON.parse(JSON.stringify(notice)))).toEqual(notice);
  });

  test.each([
    ['Warmed:Terminating:Wait', 'WarmPool'],
    ['Warmed:Pending:Wait', 'AutoScalingGroup'],
  ])('has its origin from its state %s: %s (contract 1.4)', (state, origin) => {
    expect(noticeOfOrphan(member({ state }), about).origin).toBe(origin);
  });
});
