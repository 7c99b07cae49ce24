/**
 * The configuration of an installation: one object that a person writes (cdk.json, context `ebb`). The infrastructure
 * validates it and takes its types from here. The part of each cluster reaches the functions as SSM parameters.
 */
import * as z from 'zod/mini';
import { SECRET_ARN, SECRET_NAME } from '../../core/settings/access-settings.ts';
import { clusterSchema, type ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { DEFAULT_NAME } from '../../core/aws/installation.ts';
import { filledList, flag, object, text, wholeNumber } from '../../core/settings/fields.ts';
import './language.ts';

/** Up to 12 characters, like an account id, whose place it takes in names of executions (contract 1.6). */
const installationName = text(
  /^(?!aws|ssm)[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/,
  'a name such as ebb-staging: small letters, digits and -, a letter first, up to 12, and none that begins with aws or ssm',
);

const hookName = text(
  /^[A-Za-z0-9\-_/]{1,255}$/,
  'a lifecycle hook name such as ebb-drain: letters, digits, -, _ and /, up to 255',
);

const vpcId = text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a VPC such as vpc-0123456789abcdef0');
const zone = text(/^[a-z]{2}(-[a-z]+)+-\d+(-[a-z]+-\d+)?[a-z]$/, 'an availability zone such as eu-central-1a');
const subnetId = text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a subnet such as subnet-0123456789abcdef0');
const securityGroupId = text(
  /^sg-([0-9a-f]{8}|[0-9a-f]{17})$/,
  'the id of a security group such as sg-0123456789abcdef0',
);

const vpcSchema = object(
  {
    vpcId,
    /** The zone of each subnet, in the same order. */
    availabilityZones: filledList(
      zone,
      'zone, that of each private subnet, such as ["eu-central-1a", "eu-central-1b"]',
    ),
    privateSubnetIds: filledList(
      subnetId,
      'subnet from which the clusters’ private API endpoints can be reached, such as ["subnet-0123456789abcdef0"]',
    ),
    securityGroupIds: filledList(
      securityGroupId,
      'security group that the clusters’ private API endpoints let in, such as ["sg-0123456789abcdef0"]',
    ),
  },
  '{ "vpcId": "vpc-…", "availabilityZones": […], "privateSubnetIds": […], "securityGroupIds": […] }',
);

/** The HTTP endpoint (contract 7.4). Without a secret, IAM decides who may ask. A secret is given by name or by ARN. */
const endpointSchema = object(
  {
    secretName: z.optional(text(SECRET_NAME, 'the name of a secret such as ebb/endpoint')),
    secretArn: z.optional(
      text(
        SECRET_ARN,
        'the whole ARN of a secret, with its last six characters, such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb/endpoint-Ab1Cd2',
      ),
    ),
    /** VPCs whose instances may be withdrawn. @default the VPCs of the configured clusters */
    vpcs: z.optional(filledList(vpcId, 'VPC such as ["vpc-0123456789abcdef0"]')),
    /** Whether load balancers without a configured cluster's tag may be changed too. */
    untagged: z._default(flag(), false),
    /** How many requests are handled at once. The limit leaves concurrency for the account's other functions. */
    concurrency: z._default(
      wholeNumber('a number of requests from 1 to 1000, such as 50', { least: 1, most: 1_000 }),
      50,
    ),
  },
  '{}, or { "secretName": "ebb/endpoint" }',
);

/** The function that takes requests of rotations and of single nodes (contract 10.6). */
const operatorSchema = object(
  {
    /** Whether it has a URL, which takes requests that are signed with AWS credentials. */
    url: z._default(flag(), false),
  },
  '{}, or { "url": true }',
);

/** Where alarms go: an SNS topic that exists, or an email address, for which a topic is made. */
const alarmsSchema = object(
  {
    topicArn: z.optional(
      text(
        /^arn:[^:]+:sns:[^:]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
        'the ARN of an SNS topic such as arn:aws:sns:eu-central-1:123456789012:alarms',
      ),
    ),
    email: z.optional(text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an email address such as nodes@example.com')),
  },
  '{ "email": "nodes@example.com" }',
);

const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 731, 1827, 3653] as const;

const writtenSchema = object(
  {
    hookName: z._default(hookName, 'ebb-drain'),
    clusters: filledList(
      clusterSchema,
      'cluster such as [{ "name": "production", "groups": [{ "name": "workers" }] }]',
    ),
    /** The Kubernetes group that the retirement's role is mapped to. @default the installation's name */
    kubernetesGroup: z.optional(
      text(
        /^(?!(system|eks|aws|amazon|iam):)[A-Za-z0-9:_./-]{1,63}$/,
        'a group name such as ebb, and none that EKS reserves (system:, eks:, aws:, amazon:, iam:)',
      ),
    ),
    logRetentionDays: z._default(
      z.literal(RETENTION_DAYS, `must be a number of days that CloudWatch takes: ${RETENTION_DAYS.join(', ')}`),
      30,
    ),
    /** The VPC from which the functions reach private API endpoints; absent: they run outside any VPC. */
    vpc: z.optional(vpcSchema),
    /** The HTTP endpoint that takes an instance out of its load balancers; absent: there is none. */
    endpoint: z.optional(endpointSchema),
    /** Whether clusters can be rotated: the function for it, and the rights to replace instances before they go (contract 10). */
    rotation: z._default(flag(), false),
    /** The function that takes requests of rotations and of single nodes; absent: there is none. */
    operator: z.optional(operatorSchema),
    /** Where alarms go; absent: alarms are raised, and nobody is notified. */
    alarms: z.optional(alarmsSchema),
    /** Names stack, parameters, executions and metrics, so that installations run side by side (contract 15.2). */
    name: z._default(installationName, DEFAULT_NAME),
  },
  '{ "clusters": [{ "name": "production" }] }',
);

/** Each installation in a cluster has its own Kubernetes group, and so its own rights and policies (contract 15.2). */
export const configurationSchema = z.pipe(
  writtenSchema,
  z.transform(({ kubernetesGroup, ...written }) => ({ ...written, kubernetesGroup: kubernetesGroup ?? written.name })),
);

/** The configuration as a person writes it: everything that has a default may be left out. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
export type Configuration = z.output<typeof configurationSchema>;
export type ClusterConfiguration = Configuration['clusters'][number];

/**
 * The text of a cluster's SSM parameter: as a person would write it, with the defaults filled in. Notices are written only
 * where they differ: a parameter has 4 KB.
 */
export function clusterParameter(cluster: ClusterConfiguration): string {
  const { notices, ...written } = z.encode(clusterSchema, cluster);
  const usual = clusterSchema.shape.notices.parse({});
  const differs = Object.entries(notices ?? {}).filter(([name, value]) => value !== usual[name as keyof typeof usual]);
  return JSON.stringify({ ...written, ...(differs.length > 0 && { notices: Object.fromEntries(differs) }) });
}

/** Thrown when a cluster's settings cannot be read. Only a person, or another deployment, can correct that. */
export class WrongParameter extends Error {
  override readonly name = 'WrongParameter';

  constructor(parameter: string, faults: readonly string[], options?: ErrorOptions) {
    const what = `the SSM parameter ${parameter} cannot be read: ${faults.join('; ')}`;
    super(`${what}: mend it, or deploy Ebb again, which writes it anew`, options);
  }
}

/**
 * Reads what `clusterParameter` wrote, in this version or another: unknown fields are ignored, and missing ones get
 * their default (contract 14.3).
 *
 * @param parameter its name @default it is not named
 * @throws WrongParameter when somebody changed it by hand and wrongly
 */
export function parseClusterParameter(written: string, parameter = 'of the cluster'): ClusterSettings {
  const parsed = clusterSchema.safeParse(jsonOf(written, parameter));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${fieldName(path)} ${message}`);
  throw new WrongParameter(parameter, faults);
}

/** @throws WrongParameter when the text is not JSON */
export function jsonOf(written: string, parameter: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new WrongParameter(parameter, [`it is no JSON: ${cause instanceof Error ? cause.message : ''}`], { cause });
  }
}

/** A field's name for a message, such as `clusters[0].name`; `it` for the whole. */
function fieldName(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return parts.length === 0 ? 'it' : parts.join('').replace(/^\./, '');
}
