import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executionName, lifecycleNoticeSchema, type LifecycleNotice } from '../../../lambdas/core/notice/notice.ts';
import { aNotice, NOON } from '../../given.ts';

/** Regions of each shape that AWS has given them, the European Sovereign Cloud's among them. */
const REGIONS = [
  'us-east-1',
  'eu-central-1',
  'ap-southeast-7',
  'us-gov-west-1',
  'us-isob-east-1',
  'mx-central-1',
  'eusc-de-east-1',
];

const notices: fc.Arbitrary<LifecycleNotice> = fc
  .record({
    account: fc.stringMatching(/^\d{12}$/),
    region: fc.constantFrom(...REGIONS),
    instance: fc.stringMatching(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/),
    group: fc.string({ minLength: 1, maxLength: 255 }),
    hook: fc.string({ minLength: 1, maxLength: 255 }),
    token: fc.string({ minLength: 1, maxLength: 64 }),
    at: fc.integer({ min: 1, max: 4_000_000_000_000 }),
  })
  .map(aNotice);

describe('the name of an execution (contract 1.6)', () => {
  test('is <account>-<region>-<instance>-<8 hex>', () => {
    expect(executionName(aNotice())).toMatch(/^123456789012-eu-central-1-i-0123456789abcdef0-[0-9a-f]{8}$/);
  });

  test('is 1 to 64 of A-Za-z0-9-_, whatever the token is', () => {
    fc.assert(
      fc.property(notices, (notice) => {
        expect(executionName(notice)).toMatch(/^[A-Za-z0-9\-_]{1,64}$/);
      }),
    );
  });

  test('is the same for the same event, however often it is delivered', () => {
    fc.assert(
      fc.property(notices, (notice) => {
        expect(executionName(structuredClone(notice))).toBe(executionName(notice));
      }),
    );
  });

  test('is the same whenever EventBridge says the event was made: the action is told by its token', () => {
    expect(executionName(aNotice({ at: NOON + 1 }))).toBe(executionName(aNotice()));
  });

  test('of a notice without a token, which no event told, is told by its time', () => {
    const lost = aNotice({ token: undefined });
    expect(executionName(lost)).toMatch(/^123456789012-eu-central-1-i-0123456789abcdef0-[0-9a-f]{8}$/);
    expect(executionName(lost)).not.toBe(executionName({ ...lost, at: NOON + 1 }));
  });

  test('is another for another token', () => {
    fc.assert(
      fc.property(notices, fc.string({ minLength: 1, maxLength: 64 }), (notice, token) => {
        fc.pre(token !== notice.token);
        expect(executionName({ ...notice, token })).not.toBe(executionName(notice));
      }),
    );
  });

  test.each<[string, Partial<LifecycleNotice>]>([
    ['account', { account: '210987654321' }],
    ['region', { region: 'us-east-1' }],
    ['instance', { instance: 'i-0fedcba9876543210' }],
  ])('is another in another %s (faults 78)', (_which, given) => {
    expect(executionName(aNotice(given))).not.toBe(executionName(aNotice()));
  });
});

describe('a notice that is parsed (contract 1.1)', () => {
  test('is taken as it is', () => {
    fc.assert(
      fc.property(notices, (notice) => {
        expect(lifecycleNoticeSchema.parse(JSON.parse(JSON.stringify(notice)))).toEqual(notice);
      }),
    );
  });

  test('may lack the token, which AWS tells in its event only', () => {
    const lost = { ...aNotice(), token: undefined };
    expect(lifecycleNoticeSchema.parse(lost)).toEqual(lost);
  });

  test('comes from the group itself when the event does not say otherwise', () => {
    const event = { ...aNotice(), origin: undefined };
    expect(lifecycleNoticeSchema.parse(event).origin).toBe('AutoScalingGroup');
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['an account of 11 digits', { account: '12345678901' }],
    ['a region that is none', { region: 'eu-central' }],
    ['a region that leaves no room for the name (contract 1.6)', { region: 'eu-verylongnamedregion-north-1' }],
    ['a region with a line break', { region: 'eu-central-1\n' }],
    ['an instance that is none', { instance: 'i-xyz' }],
    ['an instance with more behind it', { instance: 'i-0123456789abcdef0/../x' }],
    ['no group', { group: '' }],
    ['a group of 256 characters', { group: 'g'.repeat(256) }],
    ['no hook', { hook: '' }],
    ['no token', { token: '' }],
    ['a token of 65 characters', { token: 't'.repeat(65) }],
    ['an origin that nobody knows', { origin: 'Moon' }],
    ['another kind', { kind: 'spot' }],
    ['a time that is none', { at: 'noon' }],
    ['a time before time', { at: 0 }],
    ['a time between milliseconds', { at: 1.5 }],
    ['a field too many', { admin: true }],
    ['a field missing', { hook: undefined }],
  ])('is rejected with %s', (_what, wrong) => {
    expect(lifecycleNoticeSchema.safeParse({ ...aNotice(), ...wrong }).success).toBe(false);
  });
});
