/**
 * The settings of one cluster: their schema, with the defaults that the contract has in bold, and their types once
 * read. They are read from the configuration at synth, and from the cluster's SSM parameter in the functions
 * (entry/configuration).
 */
import * as z from 'zod/mini';
import { accessSchema } from './access-settings.ts';
import { driftSchema } from './drift-settings.ts';
import { flag, list, object, oneOf, seconds, share, shareOrOff, text, wholeNumber } from './fields.ts';
import { openStackSchema } from './openstack-settings.ts';
import { TAINT_KEYS, taintEffect, taintKey } from './taint-fields.ts';

/** Bounds and defaults of the hook's heartbeat timeout and of a drain's timeout, seconds. */
export const HEARTBEAT_SECONDS = { least: 30, most: 7_200, default: 900 } as const;
export const DRAIN_SECONDS = { least: 60, most: 172_800, default: 3_600 } as const;

/** Names that a cluster can have here. */
export const CLUSTER_NAME = /^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/;

/** A name with a dot, as kops gives them, is no name of an EKS cluster: synth refuses it without `access`. */
const clusterName = text(
  CLUSTER_NAME,
  'a cluster name such as production: letters, digits, - and _, up to 100; with access also dots, such as k8s.example.com',
);
/** The rule for names of Auto Scaling groups (API reference of CreateAutoScalingGroup). */
const groupName = text(
  /^[!-9;-~]{1,255}$/,
  'the name of an Auto Scaling group such as workers: 1 to 255 characters, none a space or a colon',
);

const deadlinePolicy = oneOf(['force', 'wait', 'retain']);
const drainTimeout = seconds(DRAIN_SECONDS.least, DRAIN_SECONDS.most, 14_400);

const SELECTOR = '{ "matchLabels": { "app": "web" } }';
const EXPRESSION = '{ "key": "tier", "operator": "In", "values": ["batch"] }';
const word = z.string('must be text');

const selector = object(
  {
    matchLabels: z.optional(z.record(z.string(), word, 'must be labels such as { "app": "web" }')),
    matchExpressions: z.optional(
      list(
        object(
          {
            key: z.string('must be the key of a label such as tier'),
            operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: z.optional(list(word, '["batch"]')),
          },
          EXPRESSION,
        ),
        `[${EXPRESSION}]`,
      ),
    ),
  },
  SELECTOR,
);

/** How nodes are drained (contract 4, 5). */
const drainSchema = object(
  {
    /** How long a drain may take at most. */
    timeoutSeconds: z._default(drainTimeout, DRAIN_SECONDS.default),
    /**
     * What happens to pods that are left at the deadline (contract 5.3). `force`: they are deleted shortly before it.
     * `wait`: they keep the instance until its hook expires. `retain`: the instance is kept and the drain goes on.
     */
    atDeadline: z._default(deadlinePolicy, 'force'),
    /** The share of a controller's replicas that may be unready, 0–1, or `off` for plain eviction (contract 4.5). */
    impliedBudget: z._default(shareOrOff('25%'), 0.25),
    /** For each node that is drained; pacing.ts applies it (contract 4.3). */
    maxEvictionsInFlight: z._default(wholeNumber('a number from 1 to 50, such as 50', { least: 1, most: 50 }), 50),
    pauseBetweenEvictionsSeconds: z._default(seconds(0, 3_600, 5), 0),
    /** Overrides every pod's own grace period. */
    gracePeriodSeconds: z.optional(seconds(1, 172_800, 30)),
    detachTimeoutSeconds: z._default(seconds(0, 3_600, 300), 300),
    /** Block pods with emptyDir volumes in place of evicting them. */
    blockEmptyDir: z._default(flag(), false),
    /** Only pods that match are drained. @default all */
    podSelector: z.optional(selector),
    /** Pods of these namespaces are left alone. */
    spareNamespaces: z._default(list(word, '["monitoring"]'), []),
    /** Ebb waits for pods that match until they finish by themselves. */
    finishFirst: z.optional(selector),
  },
  '{ "timeoutSeconds": 14400 }',
);

/** Whether nodes are taken out of load balancers before they are drained (contract 7). */
const withdrawSchema = object({ enabled: z._default(flag(), true) }, '{ "enabled": false }');

const groupSchema = object(
  {
    name: groupName,
    /** The hook's heartbeat timeout: how long an instance is held if Ebb fails altogether (contract 6.3). */
    heartbeatTimeoutSeconds: z._default(
      seconds(HEARTBEAT_SECONDS.least, HEARTBEAT_SECONDS.most, 900),
      HEARTBEAT_SECONDS.default,
    ),
    /** These three override the cluster's. */
    drainTimeoutSeconds: z.optional(drainTimeout),
    atDeadline: z.optional(deadlinePolicy),
    budget: z.optional(z.unknown()),
  },
  '{ "name": "workers" }',
);

/** The taint that isolates. */
const taintSchema = object(
  {
    key: z._default(taintKey, TAINT_KEYS.retiring),
    /** @default the notice's kind */
    value: z.optional(text(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'a taint value such as leaving')),
    effect: z._default(taintEffect, 'NoSchedule'),
  },
  '{ "key": "example.com/retiring" }',
);

/** What happens to the instance after a voluntary drain (contract 8.2). */
const release = oneOf(['terminate', 'leave']);

/** The drain of nodes with a drain taint (contract 5.4, 9.5). */
const taintedSchema = object(
  {
    /** Keys of drain taints, besides Ebb's. Their `release` overrides the one below. */
    taints: z._default(
      list(
        object({ key: taintKey, release: z.optional(release) }, '{ "key": "ektopistis.io/drain" }'),
        '[{ "key": "ektopistis.io/drain" }]',
      ),
      [],
    ),
    release: z._default(release, 'terminate'),
    /** The cool-down of a node that could not be drained by its deadline (contract 5.4). */
    retryAfterSeconds: z._default(seconds(300, 2_592_000, 86_400), 86_400),
  },
  '{ "release": "leave" }',
);

/** Which notices Ebb acts on, besides the terminate action of its hook (contract 1.2). */
const noticesSchema = object(
  {
    spot: z._default(flag(), true),
    capacityReservation: z._default(flag(), true),
    scheduledChange: z._default(flag(), true),
    stateChange: z._default(flag(), true),
    rootVolume: z._default(flag(), true),
    rebalance: z._default(flag(), false),
    /** How long the node of a rebalance recommendation stays drained. */
    rebalanceHoldSeconds: z._default(seconds(60, 86_400, 3_600), 3_600),
    launch: z._default(flag(), false),
  },
  '{ "rebalance": true }',
);

export const clusterSchema = object(
  {
    name: clusterName,
    /** @default EKS is asked, by the cluster's name */
    access: z.optional(accessSchema),
    /** The cloud whose compute hosts its nodes are; absent: they are none (contract 11). */
    openstack: z.optional(openStackSchema),
    /** @default none: groups take part by their tag alone (contract 1.3) */
    groups: z._default(list(groupSchema, '[{ "name": "workers" }]'), []),
    taint: z.prefault(taintSchema, {}),
    drain: z.prefault(drainSchema, {}),
    withdraw: z.prefault(withdrawSchema, {}),
    /** How many nodes may drain at once; the others wait, isolated (contract 4.10). */
    maxDrains: z._default(wholeNumber('a number of nodes from 1 on, such as 25', { least: 1 }), 25),
    /** The share of the cluster's nodes that may drain at once, 0–1 (contract 4.10). */
    maxLeaving: z.prefault(share('20%'), '20%'),
    tainted: z.prefault(taintedSchema, {}),
    notices: z.prefault(noticesSchema, {}),
    drift: z.prefault(driftSchema, {}),
    /** Whether nothing voluntary begins while traffic is shifted away from a zone (contract 9.8). */
    waitForZonalShift: z._default(flag(), true),
    /** Parsed by disruption/budget.ts: a budget with a fault allows nothing, and harms nothing else (contract 9.3). */
    budget: z._default(z.unknown(), {}),
  },
  '{ "name": "production", "groups": [{ "name": "workers" }] }',
);

/** Makes a type readonly, at all depths. */
type Settings<Value> = Value extends readonly (infer Element)[]
  ? readonly Settings<Element>[]
  : Value extends object
    ? { readonly [Field in keyof Value]: Settings<Value[Field]> }
    : Value;

export type ClusterSettings = Settings<z.output<typeof clusterSchema>>;
/** How a cluster that is not EKS is reached. */
export type KubeconfigAccess = NonNullable<ClusterSettings['access']>;
export type GroupSettings = ClusterSettings['groups'][number];
export type DrainSettings = ClusterSettings['drain'];
export type DeadlinePolicy = DrainSettings['atDeadline'];
export type ImpliedBudget = DrainSettings['impliedBudget'];
export type IsolationTaint = ClusterSettings['taint'];
export type NoticeSettings = ClusterSettings['notices'];
export type TaintedSettings = ClusterSettings['tainted'];
export type VoluntaryRelease = TaintedSettings['release'];
export type DriftSettings = ClusterSettings['drift'];

/** A taint whose value Ebb chooses. */
export type PlainTaint = DriftSettings['taint'];
