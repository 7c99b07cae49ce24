/** CloudWatch alarms, by their names, from the peer. */
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ALARM_ACTIONS, alarms } from '../../../lambdas/adapters/cloudwatch/alarms.ts';
import { AwsGiven } from '../aws/given.ts';

let given: AwsGiven;

beforeEach(async () => {
  given = await AwsGiven.start();
});
afterEach(async () => {
  await given[Symbol.asyncDispose]();
});

test('metric and composite alarms are told with their states; a name that no alarm has is left out', async () => {
  given.aws.alarms.put('errors', 'ALARM', { reason: '5 datapoints were over 10' });
  given.aws.alarms.put('whole shop', 'OK', { type: 'CompositeAlarm' });
  given.aws.alarms.put('latency', 'INSUFFICIENT_DATA');
  given.aws.alarms.put('of others', 'ALARM');
  const client = new CloudWatchClient(given.aws.clientConfig(given.credentialsFor(...ALARM_ACTIONS)));
  const found = await given.during(alarms(client).named(['errors', 'whole shop', 'latency', 'gone']));
  expect(found.map(({ name, isRaised }) => [name, isRaised]).toSorted()).toEqual([
    ['errors', true],
    ['latency', false],
    ['whole shop', false],
  ]);
  expect(found.find(({ isRaised }) => isRaised)?.reason).toBe('5 datapoints were over 10');
});

test('as many as a request may name are all told', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `alarm-${index}`);
  for (const name of names) given.aws.alarms.put(name, 'ALARM');
  const found = await given.during(alarms(new CloudWatchClient(given.aws.clientConfig())).named(names));
  expect(found).toHaveLength(50);
});

test('a throttled question is asked again', async () => {
  given.aws.alarms.put('errors', 'ALARM');
  given.aws.faults.inject({ kind: 'throttle', service: 'monitoring', action: 'DescribeAlarms', times: 2 });
  const found = await given.during(alarms(new CloudWatchClient(given.aws.clientConfig())).named(['errors']));
  expect(found).toMatchObject([{ name: 'errors', isRaised: true }]);
  expect(given.count('DescribeAlarms')).toBe(3);
});

test('without the right to describe them the refusal is told', async () => {
  const client = new CloudWatchClient(given.aws.clientConfig(given.credentialsFor()));
  await expect(given.during(alarms(client).named(['errors']))).rejects.toThrow(/cloudwatch:DescribeAlarms/);
});

test('the peer, as CloudWatch, answers with metric alarms alone unless it is asked for both, in pages', async () => {
  given.aws.alarms.put('a', 'OK', { type: 'CompositeAlarm' });
  for (const name of ['b', 'c', 'd']) given.aws.alarms.put(name, 'OK');
  const client = new CloudWatchClient(given.aws.clientConfig());
  const first = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
  expect([first.CompositeAlarms, first.MetricAlarms?.map(({ AlarmName }) => AlarmName)]).toEqual([[], ['b', 'c']]);
  const second = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2, NextToken: first.NextToken }));
  expect([second.NextToken, second.MetricAlarms?.map(({ AlarmName }) => AlarmName)]).toEqual([undefined, ['d']]);
});
