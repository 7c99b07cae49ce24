/** What the configuration says of one cluster: its fields, with their defaults, which stand in bold in the contract. */
import * as z from 'zod/mini';
import { flag, list, object, oneOf, seconds, share, shareOrOff, text, wholeNumber } from './fields.ts';

/** Cluster Autoscaler takes no taint with this prefix into its template of the group. */
const STATUS_TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/';

/** Keys of the taints that Ebb puts on nodes, unless the configuration names others. */
export const TAINT_KEYS = {
  retiring: `${STATUS_TAINT}ebb-retiring`,
  drifted: `${STATUS_TAINT}ebb-drifted`,
  drain: `${STATUS_TAINT}ebb-drain`,
} as const;

/** Of the hook's heartbeat timeout, and of the time that a drain gets. */
export const HEARTBEAT_SECONDS = { least: 30, most: 7_200, default: 900 } as const;
export const DRAIN_SECONDS = { least: 60, most: 172_800, default: 3_600 } as const;

const clusterName = text(
  /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/,
  'an EKS cluster name such as production: letters, digits, - and _, up to 100',
);
/** Auto Scaling's own rule (API reference of CreateAutoScalingGroup). */
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

/** Contract 4 and 5. */
const drainSchema = object(
  {
    timeoutSeconds: z._default(drainTimeout, DRAIN_SECONDS.default),
    atDeadline: z._default(deadlinePolicy, 'force'),
    impliedBudget: z._default(shareOrOff('25%'), 0.25),
    maxEvictionsInFlight: z._default(wholeNumber('a number from 1 to 50, such as 50', { least: 1, most: 50 }), 50),
    pauseBetweenEvictionsSeconds: z._default(seconds(0, 3_600, 5), 0),
    gracePeriodSeconds: z.optional(seconds(1, 172_800, 30)),
    detachTimeoutSeconds: z._default(seconds(0, 3_600, 300), 300),
    blockEmptyDir: z._default(flag(), false),
    podSelector: z.optional(selector),
    spareNamespaces: z._default(list(word, '["monitoring"]'), []),
    finishFirst: z.optional(selector),
  },
  '{ "timeoutSeconds": 14400 }',
);

const withdrawSchema = object({ enabled: z._default(flag(), true) }, '{ "enabled": false }');

const groupSchema = object(
  {
    name: groupName,
    /** The hook's heartbeat timeout: how long an instance is held if we fail altogether (contract 6.3). */
    heartbeatTimeoutSeconds: z._default(
      seconds(HEARTBEAT_SECONDS.least, HEARTBEAT_SECONDS.most, 900),
      HEARTBEAT_SECONDS.default,
    ),
    drainTimeoutSeconds: z.optional(drainTimeout),
    atDeadline: z.optional(deadlinePolicy),
    budget: z.optional(z.unknown()),
  },
  '{ "name": "workers" }',
);

const taintKey = text(
  /^(?=[^]{1,317}$)([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  'a taint key such as example.com/retiring',
);
/** Kubernetes deletes pods for a taint of effect NoExecute, whatever their budgets. */
const taintEffect = oneOf(['NoSchedule', 'PreferNoSchedule'], 'NoExecute deletes pods past their budgets');

const taintSchema = object(
  {
    key: z._default(taintKey, TAINT_KEYS.retiring),
    value: z.optional(text(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'a taint value such as leaving')),
    effect: z._default(taintEffect, 'NoSchedule'),
  },
  '{ "key": "example.com/retiring" }',
);

const release = oneOf(['terminate', 'leave']);

/** Contract 9.5 and 5.4. */
const taintedSchema = object(
  {
    taints: z._default(
      list(
        object({ key: taintKey, release: z.optional(release) }, '{ "key": "ektopistis.io/drain" }'),
        '[{ "key": "ektopistis.io/drain" }]',
      ),
      [],
    ),
    release: z._default(release, 'terminate'),
    retryAfterSeconds: z._default(seconds(300, 2_592_000, 86_400), 86_400),
  },
  '{ "release": "leave" }',
);

const imageParameter = text(
  /^(arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter\/)?[A-Za-z0-9_.\-/]+\*?$/,
  'the name or ARN of a parameter without its version, or a path with * at its end, such as /images/*',
);

/** Contract 9.1–9.4. */
const driftSchema = object(
  {
    enabled: z._default(flag(), true),
    ami: z._default(flag(), true),
    launchTemplate: z._default(flag(), false),
    instanceType: z._default(flag(), false),
    kubelet: z._default(flag(), false),
    maxAgeSeconds: z.optional(seconds(3_600, 315_360_000, 2_592_000)),
    taint: z.prefault(
      object(
        { key: z._default(taintKey, TAINT_KEYS.drifted), effect: z._default(taintEffect, 'PreferNoSchedule') },
        '{ "key": "example.com/drifted" }',
      ),
      {},
    ),
    drainTaint: z.prefault(
      object(
        {
          key: z._default(taintKey, TAINT_KEYS.drain),
          effect: z._default(
            oneOf(['NoSchedule'], 'the sweep drains by this effect alone (contract 9.5)'),
            'NoSchedule',
          ),
        },
        '{ "key": "example.com/drain" }',
      ),
      {},
    ),
    /** SSM parameters by name or ARN, or paths that end in *, that launch templates take images from, besides AWS's own. */
    imageParameters: z._default(list(imageParameter, '["/images/*"]'), []),
    replacementTimeoutSeconds: z._default(seconds(60, 86_400, 900), 900),
    unhealthyLimit: z.prefault(share('20%'), '20%'),
  },
  '{ "ami": true, "maxAgeSeconds": 2592000 }',
);

export const clusterSchema = object(
  {
    name: clusterName,
    /** None: groups take part by their tag alone (contract 1.3). */
    groups: z._default(list(groupSchema, '[{ "name": "workers" }]'), []),
    taint: z.prefault(taintSchema, {}),
    drain: z.prefault(drainSchema, {}),
    withdraw: z.prefault(withdrawSchema, {}),
    maxDrains: z._default(wholeNumber('a number of nodes from 1 on, such as 25', { least: 1 }), 25),
    maxLeaving: z.prefault(share('20%'), '20%'),
    tainted: z.prefault(taintedSchema, {}),
    drift: z.prefault(driftSchema, {}),
    /** Read by core/disruption/budget.ts, so that one that cannot be read harms nothing else (contract 9.3). */
    budget: z._default(z.unknown(), {}),
  },
  '{ "name": "production", "groups": [{ "name": "workers" }] }',
);
