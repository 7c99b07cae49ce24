/** Random scenarios: mostly ordinary, each with a few things that are not. */
import fc from 'fast-check';
import type { App, Claim, Crash, DenialBy, DrainGiven, Fault, NodeGiven, Scenario, SecondNotice } from './scenario.ts';

/** `usual`, so many times as often as all others. */
function mostly<Value>(usual: Value, others: fc.Arbitrary<Value>, weight = 4): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: Math.round(20 * weight), arbitrary: fc.constant(usual) },
    { weight: 20, arbitrary: others },
  );
}

/** Often left out. */
function maybe<Value>(value: fc.Arbitrary<Value>, freq = 2): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined, freq });
}

const seconds = (...values: readonly number[]): fc.Arbitrary<number> => fc.constantFrom(...values);

const KINDS: readonly App['kind'][] = [
  'ReplicaSet',
  'ReplicaSet',
  'StatefulSet',
  'CloneSet',
  'Job',
  'DaemonSet',
  'bare',
];

const claim = fc.constantFrom<Claim[]>(
  'a subresource',
  'another folder',
  'a kind of another group',
  'a Job of another group',
  'a word of JavaScript',
  'one that is gone',
  "another controller's uid",
);

const app: fc.Arbitrary<App> = fc
  .record({
    kind: fc.constantFrom<App['kind'][]>(...KINDS),
    labels: maybe(fc.constantFrom<NonNullable<App['labels']>[]>('zones', 'one by hand', 'each its own')),
    unreadable: mostly<true | undefined>(undefined, fc.constant(true), 8),
    claims: maybe(claim),
    here: fc.integer({ min: 1, max: 5 }),
    elsewhere: fc.nat(5),
    unready: mostly(0, fc.nat(2)),
    startSeconds: fc.option(seconds(0, 2, 20, 300), { nil: undefined, freq: 8 }),
    spare: maybe(fc.nat(3)),
    alwaysAllowsUnhealthy: fc.boolean(),
    coveredTwice: mostly(false, fc.constant(true)),
    graceSeconds: seconds(0, 1, 30, 30, 120, 3_600, 86_400),
    stopSeconds: fc.option(seconds(0, 1, 20, 600, 4_000), { nil: undefined, freq: 12 }),
    finalizerSeconds: mostly<number | undefined>(undefined, seconds(5, 400, 1_000_000)),
    isProtected: mostly(false, fc.constant(true)),
    isCritical: mostly(false, fc.constant(true)),
    comesBack: mostly(false, fc.constant(true)),
    detachSeconds: mostly<number | undefined>(undefined, seconds(0, 10, 1_000_000)),
  })
  .map((given) => defined(given.kind === 'bare' ? given : { ...given, claims: undefined }));

const drain: fc.Arbitrary<DrainGiven> = fc
  .record({
    timeoutSeconds: mostly(172_800, seconds(60, 120, 240, 600, 1_800, 3_600, 14_400), 0.05),
    atDeadline: fc.constantFrom<DrainGiven['atDeadline'][]>('force', 'force', 'force', 'wait', 'retain'),
    impliedBudget: fc.constantFrom<DrainGiven['impliedBudget'][]>(0.25, 0.25, 0.5, 'off'),
    maxEvictionsInFlight: seconds(50, 2, 1),
    pauseBetweenEvictionsSeconds: mostly(0, seconds(1, 30)),
    gracePeriodSeconds: mostly<number | undefined>(undefined, seconds(1, 60)),
    detachTimeoutSeconds: seconds(300, 0, 60),
  })
  .map(defined);

const node: fc.Arbitrary<NodeGiven> = fc
  .record({
    joins: mostly<NodeGiven['joins']>('before', fc.constantFrom('late', 'never')),
    cordoned: mostly(false, fc.constant(true)),
    marked: fc.boolean(),
    leftover: mostly(false, fc.constant(true)),
    heldUpUntil: mostly<number | undefined>(undefined, fc.integer({ min: 1, max: 80 })),
  })
  .map(defined);

const percent = fc.nat(100);

/** Most drains end soon, so most of what lasts for a while begins early. */
const early = fc.oneof(fc.constant(0), fc.nat(5), percent);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('cluster away', 'cluster slow', 'webhook denies', 'EC2 silent'),
    from: early,
    seconds: seconds(1, 30, 300, 3_600),
  }),
  fc.record({
    kind: fc.constantFrom('lifecycle fails', 'lifecycle loses answers'),
    from: early,
    seconds: seconds(1, 10, 60, 300),
  }),
  fc.record({ kind: fc.constant('unknown' as const), every: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('throttled' as const), every: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant('denied' as const),
    by: fc.constantFrom<DenialBy[]>(
      'policy',
      'webhook',
      'webhook with a 403',
      'plugin',
      'what takes it for malformed',
      'what has no such verb',
      'what cannot read it',
      'what finds it invalid',
    ),
    app: fc.nat(1),
    deletions: mostly(false, fc.constant(true), 2),
    from: early,
    seconds: seconds(30, 3_600, 1_000_000, 1_000_000),
  }),
  fc.record({ kind: fc.constant('conflict' as const), times: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: fc.constantFrom(
      'cluster refuses',
      'evictions forbidden',
      'isolation taken off',
      'node deleted',
      'node registered anew',
      'node replaced',
      'kubelet dies',
      'instance stopped',
      'instance terminated',
      'hook completed by another',
      'retention removed',
    ),
    at: early,
  }),
);

const crash: fc.Arbitrary<Crash> = fc.record({
  count: fc.integer({ min: 1, max: 30 }),
  of: fc.constantFrom('request', 'checkpoint'),
  when: fc.constantFrom('before', 'after'),
  pauseSeconds: seconds(1, 5, 20, 60),
});

const second: fc.Arbitrary<SecondNotice> = fc.record({
  startsAfterSeconds: seconds(0, 1, 10, 100, 1_000),
  olderBySeconds: seconds(0, 0, 10, 30, -10, -100, 130, 3_600),
});

/** Anything. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(),
    hookTimeoutSeconds: mostly(7_200, seconds(30, 60, 60, 120, 300, 900), 0.05),
    drain,
    retains: mostly(true, fc.constant(false), 2),
    standing: mostly<Scenario['standing']>('waiting', fc.constantFrom('late', 'late', 'in service', 'gone')),
    node,
    apps: fc.array(app, { maxLength: 4 }),
    latencyMs: seconds(0, 5, 200),
    lagMs: seconds(0, 20, 1_000),
    faults: fc.array(fault, { maxLength: 3 }),
    crashes: fc.array(crash, { maxLength: 3 }),
    lateSeconds: mostly<number | undefined>(undefined, seconds(4, 130, 1_000, 3_590, 3_700, 20_000, 100_000), 2),
    second: mostly<SecondNotice | undefined>(undefined, second),
  })
  // AWS lags behind its event by seconds, not by hours.
  .map((given) => defined(given.standing === 'late' ? { ...given, lateSeconds: undefined } : given));

/** Without the keys that are undefined: what is left out is absent. */
function defined<Given extends object>(given: Given): Defined<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

type Defined<Given> = { [Key in keyof Given as undefined extends Given[Key] ? never : Key]: Given[Key] } & {
  [Key in keyof Given as undefined extends Given[Key] ? Key : never]?: Exclude<Given[Key], undefined>;
};
