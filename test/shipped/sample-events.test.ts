/** Every file of `events/` through the router as the stack deploys it, and by direct invocation where no rule lets it in. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsEvent } from '../peers/aws/event-bridge/event.ts';
import { compilePattern } from '../peers/aws/event-bridge/pattern.ts';
import { Installation, type LoggedEvent } from '../installation.ts';

const EVENTS = resolve(import.meta.dirname, '../../events');
const CLUSTER = 'production';
const GROUP = 'production-workers';

interface Expectation {
  /** Whether the template's rule lets it through. */
  readonly matches: boolean;
  /** What the router reports. */
  readonly report: object;
  /** How often, for an event about several instances. @default 1 */
  readonly times?: number;
  /** How Auto Scaling holds the instance when the event comes. @default it is in no group */
  readonly instance?:
    'in service' | 'waits in our hook' | 'leaves the warm pool' | 'gets a root volume' | 'is launched';
  /** The event is made now: its time, and what it announces, are as far from now as in the file from each other. */
  readonly now?: true;
}

/** A retirement has been started. */
const REQUESTED = { type: 'retirement.requested', cluster: CLUSTER, group: GROUP, already: false };

const ignored = (reason: string, about: object = {}) => ({ type: 'notice.ignored', reason, ...about });

/** By the file's name. */
const EXPECTED: Readonly<Record<string, Expectation>> = {
  'asg-terminate': {
    matches: true,
    instance: 'waits in our hook',
    report: { type: 'retirement.requested', cluster: CLUSTER, group: GROUP, already: false },
  },
  'asg-terminate-to-warm-pool': {
    matches: true,
    instance: 'waits in our hook',
    report: { type: 'retirement.requested', cluster: CLUSTER, group: GROUP, already: false },
  },
  'asg-terminate-from-warm-pool': {
    matches: true,
    instance: 'leaves the warm pool',
    report: {
      type: 'notice.released',
      reason: 'it comes from the warm pool',
      group: GROUP,
      outcome: 'completed',
    },
  },
  'asg-terminate-in-service': {
    matches: true,
    instance: 'in service',
    report: { type: 'notice.refused', reason: 'AWS says that the instance is InService' },
  },
  'asg-terminate-other-account': {
    matches: true,
    report: {
      type: 'notice.refused',
      reason: 'the event is of account 210987654321 in eu-central-1, we are 123456789012 in eu-central-1',
    },
  },
  'asg-terminate-stale': { matches: true, report: ignored('the instance is in no group any more') },
  'asg-terminate-other-hook': {
    matches: false,
    report: ignored('hook Terminate-LC-Hook is not ours (ebb-drain)'),
  },
  'asg-launch': {
    matches: true,
    instance: 'is launched',
    report: { type: 'retirement.requested', cluster: CLUSTER, group: GROUP, already: false },
  },
  'root-volume-replacement': {
    matches: true,
    instance: 'gets a root volume',
    report: { type: 'retirement.requested', cluster: CLUSTER, group: GROUP, already: false },
  },
  'asg-terminate-successful': { matches: false, report: ignored('the instance has terminated already') },
  'asg-test-notification': { matches: false, report: ignored('it is a test notification') },
  'spot-warning': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'capacity-reservation-warning': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'capacity-block-warning': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'capacity-block-expiration': {
    matches: true,
    report: ignored('no instance runs in reservation cr-0a1b2c3d4e5f60017'),
  },
  'rebalance-recommendation': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'ec2-state-change': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'ec2-state-running': { matches: false, report: ignored('the instance does not stop or end by it') },
  'scheduled-retirement': { matches: true, now: true, instance: 'in service', report: REQUESTED, times: 2 },
  'scheduled-reboot': { matches: true, now: true, instance: 'in service', report: REQUESTED },
  'scheduled-network-maintenance': { matches: false, report: ignored('no instance stops, ends or reboots by it') },
  'scheduled-run': { matches: false, report: ignored('no notice is made of it', { detailType: 'Scheduled Event' }) },
  'malformed-asg-terminate': { matches: true, report: { errorType: 'MalformedEvent' } },
};

let installation: Installation;
let reported: LoggedEvent[] = [];

beforeAll(async () => {
  installation = await Installation.start({
    // Every kind is on.
    configuration: {
      clusters: [{ name: CLUSTER, groups: [{ name: GROUP }], notices: { rebalance: true, launch: true } }],
    },
    nodes: 1,
  });
  installation.onEvent((event) => {
    if (event.service === 'interruption-router') reported.push(event);
  });
});
afterAll(async () => {
  await installation.stop();
});

function sample(name: string): AwsEvent {
  return JSON.parse(readFileSync(resolve(EVENTS, `${name}.json`), 'utf8')) as AwsEvent;
}

/** The event as if it were made now. */
function madeNow({ time, detail, ...event }: AwsEvent): AwsEvent {
  const later = installation.clock.now() - Date.parse(time);
  const moved = (text: unknown): string =>
    new Date(Date.parse(String(text)) + later).toISOString().replace(/\.\d+/, '');
  const times = ['instance-termination-time', 'startTime'].filter((field) => field in detail);
  return {
    ...event,
    time: moved(time),
    detail: { ...detail, ...Object.fromEntries(times.map((field) => [field, moved(detail[field])])) },
  };
}

/** Instances that the event names. */
function instancesOf({ detail = {} }: Partial<AwsEvent>): string[] {
  const {
    EC2InstanceId,
    'instance-id': warned,
    affectedEntities = [],
  } = detail as {
    EC2InstanceId?: string;
    'instance-id'?: string;
    affectedEntities?: { entityValue: string }[];
  };
  return [EC2InstanceId, warned, ...affectedEntities.map(({ entityValue }) => entityValue)].flatMap((id) => id ?? []);
}

/** Brings the event's instance to where the event says it is; the hook's own event is kept from the bus. */
function place(event: AwsEvent, where: Expectation['instance']): void {
  if (where === undefined) return;
  const { autoScaling, eventBridge } = installation.aws;
  const state = STATES[where];
  const group = autoScaling.group(GROUP);
  for (const instanceId of instancesOf(event)) {
    group.desired += state === 'Warmed:Stopped' ? 0 : 1;
    const member = autoScaling.capacity.join(group, state, { instanceId });
    eventBridge.delivering = false;
    if (where === 'gets a root volume') autoScaling.rootVolumes.replace(member);
    else if (where === 'waits in our hook' || where === 'leaves the warm pool')
      autoScaling.capacity.terminate(member, 'a test takes it out of service');
    eventBridge.delivering = true;
  }
}

/** The states in which the instances join. */
const STATES: Readonly<Record<NonNullable<Expectation['instance']>, string>> = {
  'in service': 'InService',
  'waits in our hook': 'InService',
  'leaves the warm pool': 'Warmed:Stopped',
  'gets a root volume': 'InService',
  'is launched': 'Pending:Wait',
};

function ruleMatches(event: AwsEvent): boolean {
  return installation.aws.eventBridge.rules.some(
    ({ pattern }) => pattern !== undefined && compilePattern(pattern)(event),
  );
}

/** @param looks the router looks at the state again after a while, which no test waits for */
async function routed(
  event: AwsEvent,
  { matches, looks, times }: { matches: boolean; looks: boolean; times: number },
): Promise<LoggedEvent[]> {
  const { lambda, eventBridge } = installation.aws;
  reported = [];
  const payload = JSON.stringify(event);
  if (matches) eventBridge.deliver(event);
  else lambda.invokeAsync({ function: installation.functionNamed('InterruptionRouter'), qualifier: 'live', payload });
  // Instances of other samples end meanwhile, of which EC2 tells too.
  const named = instancesOf(event);
  const about = (): LoggedEvent[] =>
    reported.filter((each) => !('instance' in each) || each.instance === undefined || named.includes(each.instance));
  await installation.aws.driveUntil(() => about().length >= times, looks ? { whileRunning: true } : {});
  return about();
}

describe('the event', () => {
  const wellFormed = Object.entries(EXPECTED).filter(([, { report }]) => 'type' in report);

  test.each(wellFormed)('%s is let in by the rule, or not, and reported as it must be', async (name, expected) => {
    const { matches, report, times = 1 } = expected;
    const event = expected.now ? madeNow(sample(name)) : sample(name);
    place(event, expected.instance);
    expect(ruleMatches(event)).toBe(matches);
    const looks = name === 'asg-terminate-in-service';
    const reports = Array.from({ length: times }, () => report);
    expect(await routed(event, { matches, looks, times })).toMatchObject(reports);
  });

  test('malformed-asg-terminate is rejected with every fault, and not retried for ever (contract 1.1, faults 8)', async () => {
    const { lambda } = installation.aws;
    const event = sample('malformed-asg-terminate');
    expect(ruleMatches(event)).toBe(true);
    const resolved = lambda.resolve(installation.functionNamed('InterruptionRouter'), 'live');
    const outcome = await installation.aws.driveUntil(lambda.invokeSync(resolved, JSON.stringify(event)));
    expect(outcome).toMatchObject({ ok: false, error: EXPECTED['malformed-asg-terminate']?.report });
    const message = outcome.ok ? '' : outcome.error.errorMessage;
    expect(message).toContain('event.detail.EC2InstanceId');
    expect(message).toContain('event.detail.LifecycleActionToken');
  });

  test.each([
    ['null', null],
    ['text', 'hello'],
    ['a list', []],
    ['an object without source', {}],
    ['a source that is too long', { source: 'x'.repeat(300), 'detail-type': 'x' }],
  ])('%s is malformed', async (_, event) => {
    const { lambda } = installation.aws;
    const resolved = lambda.resolve(installation.functionNamed('InterruptionRouter'), 'live');
    const outcome = await installation.aws.driveUntil(lambda.invokeSync(resolved, JSON.stringify(event)));
    expect(outcome).toMatchObject({ ok: false, error: { errorType: 'MalformedEvent' } });
  });
});

test('every file of events/ has its expectation here, and every event is of our account and region unless it says otherwise', () => {
  const files = readdirSync(EVENTS).map((file) => file.replace(/\.json$/, ''));
  expect(files.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  const places = files
    .filter((name) => !['asg-test-notification', 'asg-terminate-other-account'].includes(name))
    .map((name) => sample(name))
    .map(({ account, region }) => `${account} ${region}`);
  expect(new Set(places)).toEqual(new Set(['123456789012 eu-central-1']));
});
