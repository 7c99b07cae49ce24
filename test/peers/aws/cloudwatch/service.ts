/** CloudWatch on the wire: awsJson1.0, descriptions of alarms. */
import { z } from 'zod';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Alarms, PeerAlarm } from './alarms.ts';

/** CloudWatch's limits: names of one call, characters of a name, and alarms of a page. */
const MOST_NAMES = 100;
const LONGEST_NAME = 255;
const PAGE = 50;

const inputSchema = z.object({
  AlarmNames: z.array(z.string().min(1).max(LONGEST_NAME)).max(MOST_NAMES).optional(),
  AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).optional(),
  MaxRecords: z.number().int().min(1).max(100).default(PAGE),
  NextToken: z.string().optional(),
});

export function cloudWatchService(alarms: Alarms): Service {
  return {
    scope: 'monitoring',
    iamPrefix: 'cloudwatch',
    protocol: 'json',
    invalidCode: 'ValidationError',
    deniedCode: 'AccessDenied',
    operations: {
      DescribeAlarms: operation({ input: inputSchema, answer: (input) => describe(input, alarms) }),
    },
    route: (request) => jsonRoute(request, 'GraniteServiceVersion20100801'),
  };
}

/** Without types the answer has metric alarms alone, although composite ones bear the names. */
function describe(
  {
    AlarmNames: names,
    AlarmTypes: types = ['MetricAlarm'],
    MaxRecords: most,
    NextToken: token,
  }: z.infer<typeof inputSchema>,
  alarms: Alarms,
): Record<string, unknown> {
  const from = Number(token ?? 0);
  if (!Number.isInteger(from)) throw new AwsError('InvalidNextToken', 'The next token specified is invalid.');
  const wanted = alarms.list().filter(({ name, type }) => types.includes(type) && (names?.includes(name) ?? true));
  const page = wanted.slice(from, from + most);
  const ofType = (type: PeerAlarm['type']) => page.filter((alarm) => alarm.type === type).map(shapeOf);
  return {
    MetricAlarms: ofType('MetricAlarm'),
    CompositeAlarms: ofType('CompositeAlarm'),
    ...(from + most < wanted.length && { NextToken: String(from + most) }),
  };
}

function shapeOf({ name, state, reason }: PeerAlarm): Record<string, unknown> {
  return { AlarmName: name, StateValue: state, StateReason: reason };
}
