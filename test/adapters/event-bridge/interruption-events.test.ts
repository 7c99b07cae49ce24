import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedEvent, parseEvent, parseNotice } from '../../../lambdas/adapters/event-bridge/interruption-events.ts';
import { aNotice, NOON } from '../../given.ts';

const DETAIL = {
  AutoScalingGroupName: 'workers',
  LifecycleHookName: 'ebb-drain',
  EC2InstanceId: 'i-0123456789abcdef0',
  LifecycleActionToken: '87654321-4321-4321-4321-210987654321',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  Origin: 'AutoScalingGroup',
  Destination: 'EC2',
};

/** As AWS documents it: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html */
const EVENT = {
  version: '0',
  id: '12345678-1234-1234-1234-123456789012',
  'detail-type': 'EC2 Instance-terminate Lifecycle Action',
  source: 'aws.autoscaling',
  account: '123456789012',
  time: '2026-01-05T12:00:00Z',
  region: 'eu-central-1',
  resources: ['arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:x:autoScalingGroupName/workers'],
  detail: DETAIL,
};

describe('a well-formed event is a notice (contract 1.1)', () => {
  test('with what it says, and no more', () => {
    expect(parseEvent(EVENT)).toEqual({ kind: 'notice', notice: aNotice({ at: NOON }) });
  });

  test.each([
    ['AutoScalingGroup', 'AutoScalingGroup'],
    ['WarmPool', 'WarmPool'],
    ['EC2', 'EC2'],
    [undefined, 'AutoScalingGroup'],
  ])('Origin %s (contract 1.4)', (Origin, origin) => {
    // JSON leaves out what is undefined.
    const event = JSON.parse(JSON.stringify(withDetail({ Origin }))) as unknown;
    expect(parseEvent(event)).toEqual({ kind: 'notice', notice: aNotice({ at: NOON, origin: origin as 'EC2' }) });
  });

  test('twice the same event is twice the same notice: its name does not change (contract 1.6)', () => {
    expect(JSON.stringify(parseEvent(structuredClone(EVENT)))).toBe(JSON.stringify(parseEvent(EVENT)));
  });

  test('the notice can be read back by the retirement', () => {
    const parsed = parseEvent(EVENT);
    const notice = parsed.kind === 'notice' ? parsed.notice : undefined;
    expect(parseNotice(JSON.parse(JSON.stringify(notice)))).toEqual(notice);
  });
});

const OTHERS: readonly [name: string, event: object, reason: string][] = [
  ['an unknown source', { ...EVENT, source: 'acme.shop' }, 'no notice is made of it'],
  ['an unknown detail-type', { ...EVENT, 'detail-type': 'EC2 Instance Refresh Started' }, 'no notice is made of it'],
  ['a source in other case', { ...EVENT, source: 'AWS.autoscaling' }, 'no notice is made of it'],
  [
    'an instance that has terminated (faults 6)',
    { ...EVENT, 'detail-type': 'EC2 Instance Terminate Successful' },
    'the instance has terminated already',
  ],
  [
    'an unknown event with junk inside',
    { source: 'x', 'detail-type': 'y', detail: { AutoScalingGroupName: 7 } },
    'no notice is made of it',
  ],
  [
    'a name of Object’s own as detail-type',
    { source: '__proto__', 'detail-type': 'constructor' },
    'no notice is made of it',
  ],
];

describe('an event that we do not act on is nothing, never an error (contract 1.1)', () => {
  test.each(OTHERS)('%s', (_name, event, reason) => {
    const { source, 'detail-type': detailType } = event as typeof EVENT;
    expect(parseEvent(event)).toEqual({ kind: 'other', reason, source, detailType });
  });

  test('a test notification, which has no envelope (faults 7)', () => {
    const event = {
      Event: 'autoscaling:TEST_NOTIFICATION',
      AutoScalingGroupName: 'workers',
      AccountId: '123456789012',
    };
    expect(parseEvent(event)).toEqual({
      kind: 'other',
      reason: 'it is a test notification',
      source: 'aws.autoscaling',
      detailType: 'TEST_NOTIFICATION',
    });
  });
});

const withDetail = (fields: object): object => ({ ...EVENT, detail: { ...DETAIL, ...fields } });

const MALFORMED: readonly [field: string, wrong: object][] = [
  ['event.source', { ...EVENT, source: 7 }],
  ['event.source', { 'detail-type': EVENT['detail-type'] }],
  ['event.source', { ...EVENT, source: 'a'.repeat(257) }],
  ['event.detail-type', { ...EVENT, 'detail-type': null }],
  ['event.account', { ...EVENT, account: '12345678901' }],
  ['event.account', { ...EVENT, account: 123456789012 }],
  ['event.account', { ...EVENT, account: '123456789012\n' }],
  ['event.region', { ...EVENT, region: 'eu-central-1/../x' }],
  ['event.region', { ...EVENT, region: undefined }],
  ['event.time', { ...EVENT, time: 'yesterday' }],
  ['event.time', { ...EVENT, time: 1_767_614_400 }],
  ['event.time', { ...EVENT, time: '2026-02-30T12:00:00Z' }],
  ['event.detail', { ...EVENT, detail: undefined }],
  ['event.detail', { ...EVENT, detail: 'text' }],
  ['event.detail', { ...EVENT, detail: [DETAIL] }],
  ['event.detail.AutoScalingGroupName', withDetail({ AutoScalingGroupName: '' })],
  ['event.detail.AutoScalingGroupName', withDetail({ AutoScalingGroupName: 'a'.repeat(256) })],
  ['event.detail.LifecycleHookName', withDetail({ LifecycleHookName: undefined })],
  ['event.detail.LifecycleHookName', withDetail({ LifecycleHookName: '' })],
  ['event.detail.EC2InstanceId', withDetail({ EC2InstanceId: 'i-xyz' })],
  ['event.detail.EC2InstanceId', withDetail({ EC2InstanceId: 'i-0123456789abcdef0, i-1' })],
  ['event.detail.EC2InstanceId', withDetail({ EC2InstanceId: ['i-0123456789abcdef0'] })],
  ['event.detail.LifecycleActionToken', withDetail({ LifecycleActionToken: '' })],
  ['event.detail.LifecycleActionToken', withDetail({ LifecycleActionToken: 'a'.repeat(65) })],
  ['event.detail.LifecycleTransition', withDetail({ LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' })],
  ['event.detail.Origin', withDetail({ Origin: 'Moon' })],
];

describe('an event that is known and malformed is refused, naming the field (contract 1.1, faults 8)', () => {
  test.each(MALFORMED)('%s in %o', (field, event) => {
    const error = refusal(() => parseEvent(event));
    expect(error.name).toBe('MalformedEvent');
    expect(error.message).toMatch(new RegExp(`^the event is malformed: .*\\b${field.replaceAll('.', '\\.')}: `));
  });

  test('every field that is wrong is named at once', () => {
    const { message } = refusal(() => parseEvent({ ...EVENT, account: 'x', detail: { EC2InstanceId: 'y' } }));
    const wrong = ['account', 'detail.AutoScalingGroupName', 'detail.LifecycleHookName', 'detail.EC2InstanceId'];
    for (const field of wrong) expect(message).toContain(`event.${field}: `);
  });

  test.each([null, undefined, 7, 'text', [], '{"source":"aws.autoscaling"}'])('%o is no event', (event) => {
    refusal(() => parseEvent(event));
  });

  test('what was wrong is not repeated in the refusal, where it would end in a log (faults 74)', () => {
    const junk = '\u001b[31mERROR\r\n{"level":"ERROR"}';
    const { message } = refusal(() =>
      parseEvent({ ...withDetail({ EC2InstanceId: junk, Origin: junk }), account: junk }),
    );
    expect(message).not.toContain('ERROR');
  });

  test('a megabyte of junk is refused in a few words (faults 8)', () => {
    const junk = 'x'.repeat(1_000_000);
    expect(refusal(() => parseEvent({ ...EVENT, source: junk })).message.length).toBeLessThan(500);
    expect(refusal(() => parseEvent(withDetail({ EC2InstanceId: junk }))).message.length).toBeLessThan(500);
    expect(refusal(() => parseEvent(junk)).message.length).toBeLessThan(500);
    expect(refusal(() => parseEvent({ [junk]: junk })).message.length).toBeLessThan(500);
    // Around a well-formed event it is nothing to us, and none of it is kept.
    expect(parseEvent(withDetail({ NotificationMetadata: junk }))).toEqual(parseEvent(EVENT));
  });

  test('keys that would change prototypes change none, and are not carried on (faults 8)', () => {
    const poisoned = JSON.parse(
      JSON.stringify(EVENT)
        .replace('"version"', '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"version"')
        .replace('"Origin"', '"__proto__":{"polluted":true},"Origin"'),
    ) as unknown;
    const parsed = parseEvent(poisoned);
    expect(parsed).toEqual(parseEvent(EVENT));
    expect(JSON.stringify(parsed)).not.toContain('polluted');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((parsed as { notice?: { polluted?: boolean } }).notice?.polluted).toBeUndefined();
  });

  test('whatever comes is a notice, nothing, or refused as malformed', () => {
    const event = fc.oneof(
      fc.anything(),
      fc.record({
        source: fc.constant(EVENT.source),
        'detail-type': fc.constant(EVENT['detail-type']),
        detail: fc.anything(),
      }),
      fc.object().map((detail) => ({ ...EVENT, detail: { ...DETAIL, ...detail } })),
    );
    fc.assert(
      fc.property(event, (given) => {
        try {
          return ['notice', 'notices', 'other'].includes(parseEvent(given).kind);
        } catch (error) {
          return error instanceof MalformedEvent;
        }
      }),
    );
  });
});

describe('a retirement’s payload is read again (contract 1.1)', () => {
  test.each([
    ['a field more', { ...aNotice(), extra: true }],
    ['another kind', { ...aNotice(), kind: 'reboot' }],
    ['an instance that is none', { ...aNotice(), instance: 'i-1' }],
    ['a time that is none', { ...aNotice(), at: -1 }],
    ['an event', EVENT],
    ['nothing', undefined],
  ])('%s is refused', (_name, payload) => {
    refusal(() => parseNotice(payload));
  });
});

function refusal(work: () => unknown): MalformedEvent {
  try {
    work();
  } catch (error) {
    if (error instanceof MalformedEvent) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
