/**
 * The configuration of an installation: one object that a person writes (cdk.json, context `ebb`), that the
 * infrastructure validates and is typed by, and whose cluster part reaches the functions as an SSM parameter.
 */
import * as z from 'zod/mini';
import type { ClusterSettings } from '../core/cluster-settings.ts';
import './language.ts';
import { faultsOfBudgets, faultsOfTaints } from './written-faults.ts';

const seconds = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

/** AWS's and Kubernetes' own limits for the names that they give. */
const groupName = z.string().check(z.minLength(1), z.maxLength(255));
const clusterName = z
  .string()
  .check(
    z.regex(/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/, 'must be an EKS cluster name: letters, digits, - and _, up to 100'),
  );
const hookName = z
  .string()
  .check(z.regex(/^[A-Za-z0-9\-_/]{1,255}$/, 'must be a lifecycle hook name: letters, digits, -, _ and /, up to 255'));

const share = z.pipe(
  z.string().check(z.regex(/^(100|[1-9]?\d)%$/, 'must be a percentage such as "20%"')),
  z.transform((value) => Number(value.slice(0, -1)) / 100),
);

const deadlinePolicy = z.enum(['force', 'wait', 'retain'], 'must be "force", "wait" or "retain"');

const impliedBudget = z.pipe(
  z.string().check(z.regex(/^((100|[1-9]?\d)%|off)$/, 'must be a percentage such as "25%", or "off"')),
  z.transform((value) => (value === 'off' ? ('off' as const) : Number(value.slice(0, -1)) / 100)),
);

const selector = z.strictObject({
  matchLabels: z.optional(z.record(z.string(), z.string())),
  matchExpressions: z.optional(
    z.array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.optional(z.array(z.string())),
      }),
    ),
  ),
});

/** Contract 4 and 5; each default stands in bold there. */
const drainSchema = z.strictObject({
  timeoutSeconds: z._default(seconds(60, 172_800), 3_600),
  atDeadline: z._default(deadlinePolicy, 'force'),
  impliedBudget: z._default(impliedBudget, 0.25),
  maxEvictionsInFlight: z._default(z.int().check(z.gte(1), z.lte(50)), 50),
  pauseBetweenEvictionsSeconds: z._default(seconds(0, 3_600), 0),
  gracePeriodSeconds: z.optional(seconds(1, 172_800)),
  detachTimeoutSeconds: z._default(seconds(0, 3_600), 300),
  blockEmptyDir: z._default(z.boolean(), false),
  podSelector: z.optional(selector),
  spareNamespaces: z._default(z.array(z.string()), []),
  finishFirst: z.optional(selector),
});

const withdrawSchema = z.strictObject({
  enabled: z._default(z.boolean(), true),
});

const groupSchema = z.strictObject({
  name: groupName,
  /** The hook's heartbeat timeout: how long an instance is held if we fail altogether (contract 6.3). */
  heartbeatTimeoutSeconds: z._default(seconds(30, 7_200), 900),
  drainTimeoutSeconds: z.optional(seconds(60, 172_800)),
  atDeadline: z.optional(deadlinePolicy),
  budget: z.optional(z.unknown()),
});

const taintKey = z
  .string()
  .check(
    z.maxLength(317),
    z.regex(
      /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
      'must be a taint key such as example.com/retiring',
    ),
  );
/** Kubernetes deletes pods for a taint of effect NoExecute, whatever their budgets. */
const taintEffect = z.enum(
  ['NoSchedule', 'PreferNoSchedule'],
  'must be "NoSchedule" or "PreferNoSchedule": NoExecute deletes pods past their budgets',
);

/** Cluster Autoscaler takes no taint with this prefix into its template of the group. */
const STATUS_TAINT = 'status-taint.cluster-autoscaler.kubernetes.io/';

const taintSchema = z.strictObject({
  key: z._default(taintKey, `${STATUS_TAINT}ebb-retiring`),
  value: z.optional(
    z
      .string()
      .check(z.regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, 'must be a taint value such as leaving')),
  ),
  effect: z._default(taintEffect, 'NoSchedule'),
});

const release = z.enum(['terminate', 'leave'], 'must be "terminate" or "leave"');

/** Contract 9.5 and 5.4. */
const taintedSchema = z.strictObject({
  taints: z._default(z.array(z.strictObject({ key: taintKey, release: z.optional(release) })), []),
  release: z._default(release, 'terminate'),
  retryAfterSeconds: z._default(seconds(300, 2_592_000), 86_400),
});

/** Contract 9.1–9.4. */
const driftSchema = z.strictObject({
  enabled: z._default(z.boolean(), true),
  ami: z._default(z.boolean(), true),
  launchTemplate: z._default(z.boolean(), false),
  instanceType: z._default(z.boolean(), false),
  kubelet: z._default(z.boolean(), false),
  maxAgeSeconds: z.optional(seconds(3_600, 315_360_000)),
  taint: z.prefault(
    z.strictObject({
      key: z._default(taintKey, `${STATUS_TAINT}ebb-drifted`),
      effect: z._default(taintEffect, 'PreferNoSchedule'),
    }),
    {},
  ),
  drainTaint: z.prefault(
    z.strictObject({
      key: z._default(taintKey, `${STATUS_TAINT}ebb-drain`),
      // The sweep drains by this effect alone (contract 9.5).
      effect: z._default(z.literal('NoSchedule'), 'NoSchedule'),
    }),
    {},
  ),
  /** SSM parameters by name or ARN, or paths that end in *, that launch templates take images from, besides AWS's own. */
  imageParameters: z._default(
    z.array(
      z
        .string()
        .check(
          z.regex(
            /^(arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter\/)?[A-Za-z0-9_.\-/]+\*?$/,
            'must be the name or ARN of a parameter without its version, or a path with * at its end',
          ),
        ),
    ),
    [],
  ),
  replacementTimeoutSeconds: z._default(seconds(60, 86_400), 900),
  unhealthyLimit: z.prefault(share, '20%'),
});

const clusterSchema = z.strictObject({
  name: clusterName,
  groups: z.array(groupSchema).check(z.minLength(1, 'must name at least one Auto Scaling group')),
  taint: z.prefault(taintSchema, {}),
  drain: z.prefault(drainSchema, {}),
  withdraw: z.prefault(withdrawSchema, {}),
  maxDrains: z._default(z.int().check(z.gte(1)), 25),
  maxLeaving: z.prefault(share, '20%'),
  tainted: z.prefault(taintedSchema, {}),
  drift: z.prefault(driftSchema, {}),
  budget: z._default(z.unknown(), {}),
});

const vpcSchema = z.strictObject({
  vpcId: z.string().check(z.startsWith('vpc-')),
  availabilityZones: z.array(z.string()).check(z.minLength(1)),
  privateSubnetIds: z.array(z.string().check(z.startsWith('subnet-'))).check(z.minLength(1)),
  securityGroupIds: z.array(z.string().check(z.startsWith('sg-'))).check(z.minLength(1)),
});

/** Contract 7.4. Without a secret, IAM decides who may ask. */
const endpointSchema = z
  .strictObject({
    secretName: z.optional(z.string().check(z.regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'must be the name of a secret'))),
    secretArn: z.optional(
      z
        .string()
        .check(
          z.regex(
            /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/,
            'must be the whole ARN of a secret, with its last six characters',
          ),
        ),
    ),
    /** Whose instances may be withdrawn; absent: the VPCs of the configured clusters. */
    vpcs: z.optional(z.array(z.string().check(z.startsWith('vpc-'))).check(z.minLength(1, 'must name at least one'))),
    /** Also load balancers without a configured cluster's tag may be changed. */
    untagged: z._default(z.boolean(), false),
  })
  .check(
    z.refine(({ secretName, secretArn }) => secretName === undefined || secretArn === undefined, {
      message: 'must have secretName or secretArn, not both',
    }),
  );

export const configurationSchema = z.strictObject({
  hookName: z._default(hookName, 'ebb-drain'),
  clusters: z.array(clusterSchema).check(z.minLength(1, 'must name at least one cluster')),
  /** The Kubernetes group that the retirement's role is mapped to, which the shipped ClusterRoleBinding binds. */
  kubernetesGroup: z._default(
    z
      .string()
      .check(
        z.regex(
          /^(?!(system|eks|aws|amazon|iam):)[A-Za-z0-9:_./-]{1,63}$/,
          'must be a group name that EKS does not reserve',
        ),
      ),
    'ebb',
  ),
  logRetentionDays: z._default(z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 731, 1827, 3653]), 30),
  /** Where private API endpoints can be reached; absent: the functions run outside any VPC. */
  vpc: z.optional(vpcSchema),
  /** Takes an instance out of its load balancers by HTTP; absent: there is no such endpoint. */
  endpoint: z.optional(endpointSchema),
});

/** What a person writes: everything that has a default may be left out. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
export type Configuration = z.output<typeof configurationSchema>;
export type ClusterConfiguration = Configuration['clusters'][number];

/** Every fault of a configuration, each with its field and what it must be. */
export class WrongConfiguration extends Error {
  override readonly name = 'WrongConfiguration';

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
}

/** @throws WrongConfiguration naming every fault at once */
export function parseConfiguration(input: unknown): Configuration {
  const parsed = configurationSchema.safeParse(input);
  const ownFaults = parsed.success
    ? [...duplicates(parsed.data), ...faultsOfTaints(parsed.data.clusters)]
    : parsed.error.issues.map(faultOf);
  const faults = [...ownFaults, ...faultsOfBudgets(input)];
  if (!parsed.success || faults.length > 0) throw new WrongConfiguration(faults);
  return parsed.data;
}

function faultOf({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${field === '' ? 'ebb' : `ebb${field}`}: ${message}`;
}

/** A group has one hook, and so belongs to one cluster. */
function duplicates({ clusters }: Configuration): string[] {
  const clusterNames = clusters.map(({ name }) => name);
  const groupNames = clusters.flatMap(({ groups }) => groups.map(({ name }) => name));
  return [
    ...repeated(clusterNames).map((name) => `ebb.clusters: cluster ${name} stands there twice: merge the two`),
    ...repeated(groupNames).map(
      (name) => `ebb.clusters.groups: group ${name} stands there twice: a group belongs to one cluster`,
    ),
  ];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** The text of a cluster's SSM parameter: settings with their defaults filled in. */
export function clusterParameter({ drain, drift, maxLeaving, ...cluster }: ClusterConfiguration): string {
  const impliedBudget = drain.impliedBudget === 'off' ? 'off' : percent(drain.impliedBudget);
  return JSON.stringify({
    ...cluster,
    drain: { ...drain, impliedBudget },
    drift: { ...drift, unhealthyLimit: percent(drift.unhealthyLimit) },
    maxLeaving: percent(maxLeaving),
  });
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}

/** Reads what `clusterParameter` wrote. @throws WrongConfiguration when somebody changed it by hand and wrongly */
export function parseClusterParameter(text: string): ClusterSettings {
  const parsed = clusterSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new WrongConfiguration(parsed.error.issues.map(faultOf));
  return parsed.data;
}
