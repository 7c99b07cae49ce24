import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { EventBridge, type Rule } from './event-bridge.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { Queues } from '../sqs/queues.ts';
import { Timetable } from '../timetable.ts';

const EVENT = {
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-terminate Lifecycle Action',
  resources: ['arn:one', 'arn:two'],
  detail: {
    LifecycleHookName: 'ebb-drain',
    EC2InstanceId: 'i-0abc',
    count: 3,
    none: null,
    empty: '',
    entities: [{ value: 'i-1' }, { value: 'i-2' }],
    nested: { deep: { flag: true } },
  },
};

const MATCHING: [string, Pattern][] = [
  ['one of the values', { source: ['aws.ec2', 'aws.autoscaling'] }],
  ['every field named', { source: ['aws.autoscaling'], detail: { LifecycleHookName: ['ebb-drain'] } }],
  ['an item of a list', { resources: ['arn:two'] }],
  ['an object in a list', { detail: { entities: { value: ['i-2'] } } }],
  ['nested objects and booleans', { detail: { nested: { deep: { flag: [true] } } } }],
  ['null and the empty string', { detail: { none: [null], empty: [''] } }],
  ['prefix', { detail: { EC2InstanceId: [{ prefix: 'i-' }] } }],
  ['prefix, ignoring case', { detail: { EC2InstanceId: [{ prefix: { 'equals-ignore-case': 'I-0A' } }] } }],
  ['prefix in a list', { resources: [{ prefix: 'arn:t' }] }],
  ['suffix', { detail: { LifecycleHookName: [{ suffix: '-drain' }] } }],
  ['equals-ignore-case', { detail: { LifecycleHookName: [{ 'equals-ignore-case': 'EBB-Drain' }] } }],
  ['wildcard', { detail: { LifecycleHookName: [{ wildcard: 'e*-dr*n' }] } }],
  ['exists', { detail: { count: [{ exists: true }] } }],
  ['does not exist', { detail: { other: [{ exists: false }] } }],
  ['exists is false for an object, which is no leaf', { detail: { nested: [{ exists: false }] } }],
  ['numeric range', { detail: { count: [{ numeric: ['>', 0, '<=', 3] }] } }],
  ['numeric equality', { detail: { count: [{ numeric: ['=', 3] }] } }],
  ['anything-but', { detail: { LifecycleHookName: [{ 'anything-but': 'other' }] } }],
  ['anything-but a list', { detail: { count: [{ 'anything-but': [1, 2] }] } }],
  ['anything-but a prefix', { detail: { EC2InstanceId: [{ 'anything-but': { prefix: 'm-' } }] } }],
  ['anything-but wildcards', { detail: { EC2InstanceId: [{ 'anything-but': { wildcard: ['x*', 'y*'] } }] } }],
  ['$or', { $or: [{ source: ['aws.ec2'] }, { detail: { count: [3] } }] }],
  ['the empty pattern', {}],
];

const FAILING: [string, Pattern][] = [
  ['another value', { source: ['aws.ec2'] }],
  ['one field of two', { source: ['aws.autoscaling'], detail: { LifecycleHookName: ['other'] } }],
  ['a field that is not there', { detail: { other: ['x'] } }],
  ['a number as text', { detail: { count: ['3'] } }],
  ['prefix', { detail: { EC2InstanceId: [{ prefix: 'm-' }] } }],
  ['wildcard of the whole', { detail: { LifecycleHookName: [{ wildcard: 'drain*' }] } }],
  ['exists', { detail: { other: [{ exists: true }] } }],
  ['numeric range', { detail: { count: [{ numeric: ['<', 3] }] } }],
  ['anything-but itself', { detail: { LifecycleHookName: [{ 'anything-but': ['ebb-drain'] }] } }],
  ['anything-but of a missing field', { detail: { other: [{ 'anything-but': 'x' }] } }],
  ['anything-but a prefix', { detail: { EC2InstanceId: [{ 'anything-but': { prefix: 'i-' } }] } }],
  ['$or of none', { $or: [{ source: ['aws.ec2'] }, { detail: { count: [4] } }] }],
];

describe('an event pattern', () => {
  test.each(MATCHING)('matches: %s', (_name, pattern) => {
    expect(compilePattern(pattern)(EVENT)).toBe(true);
  });

  test.each(FAILING)('does not match: %s', (_name, pattern) => {
    expect(compilePattern(pattern)(EVENT)).toBe(false);
  });

  test('with an unknown matcher is refused', () => {
    expect(() => compilePattern({ source: [{ soundsLike: 'aws' }] })).toThrow('unrecognized match type soundsLike');
    expect(() => compilePattern({ source: 'aws' })).toThrow('must be an object or an array');
  });
});

describe('the bus', () => {
  const QUEUE = 'arn:aws:sqs:eu-central-1:123456789012:failures';
  const EVENT_DRAFT = { source: 'aws.ec2', 'detail-type': 'x', resources: [], detail: {} };
  let time: Timetable;
  let clock: DrivenClock;
  let queues: Queues;

  beforeEach(() => {
    clock = new DrivenClock({ stands: true });
    time = new Timetable(clock);
    queues = new Queues();
    queues.add(QUEUE);
  });
  afterEach(() => {
    time.stop();
  });

  function busWith(rule: Partial<Rule>, deliver: (payload: string) => void): EventBridge {
    const account = { accountId: '123456789012', region: 'eu-central-1' };
    const bus = new EventBridge({
      account,
      time,
      queues,
      deliver: (_target, payload) => {
        deliver(payload);
      },
    });
    const target = { id: 'one', arn: 'arn:target', deadLetterArn: QUEUE, maximumRetryAttempts: 2 };
    bus.addRule({ name: 'rule', arn: 'arn:rule', targets: [target], enabled: true, ...rule });
    return bus;
  }

  test('delivers what matches, more than once when told', () => {
    const delivered: string[] = [];
    const bus = busWith({ pattern: { source: ['aws.ec2'] } }, (payload) => delivered.push(payload));
    bus.put(EVENT_DRAFT);
    bus.put({ ...EVENT_DRAFT, source: 'aws.health' });
    bus.deliveries = 2;
    const event = bus.put(EVENT_DRAFT);
    expect(delivered).toHaveLength(3);
    expect(delivered.slice(1)).toEqual([JSON.stringify(event), JSON.stringify(event)]);
  });

  test('tries a target again as its policy says, then leaves the event in its dead-letter queue', async () => {
    let attempts = 0;
    const bus = busWith({ pattern: { source: ['aws.ec2'] } }, () => {
      attempts += 1;
      throw new Error('away');
    });
    bus.put(EVENT_DRAFT);
    await clock.advance(3_600_000);
    expect(attempts).toBe(3);
    expect(queues.messages('failures')).toMatchObject([
      { attributes: { RULE_ARN: 'arn:rule', ERROR_MESSAGE: 'away' } },
    ]);
  });

  test('runs a rate, and refuses any other expression than it knows', async () => {
    const delivered: string[] = [];
    busWith({ schedule: 'rate(5 minutes)' }, (payload) => delivered.push(payload));
    await clock.advance(16 * 60_000);
    expect(delivered).toHaveLength(3);
    expect(JSON.parse(delivered[0] ?? '')).toMatchObject({ source: 'aws.events', 'detail-type': 'Scheduled Event' });
    expect(() => busWith({ schedule: 'cron(0 1 * * ? *)' }, () => undefined)).toThrow('not cron(0 1 * * ? *)');
  });

  test('runs a cron expression for every few minutes at these minutes of the hour', async () => {
    const delivered: number[] = [];
    busWith({ schedule: 'cron(2/5 * * * ? *)' }, () => delivered.push(new Date(clock.now()).getUTCMinutes() % 5));
    await clock.advance(16 * 60_000);
    expect(delivered.length).toBeGreaterThanOrEqual(3);
    expect(new Set(delivered)).toEqual(new Set([2]));
  });
});
