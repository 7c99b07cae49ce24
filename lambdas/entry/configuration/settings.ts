/**
 * Function settings: the environment variables that each function reads. The infrastructure sets exactly these, by the
 * types here, so that a missing one is a compile error. A function checks all at start and names all faults at once.
 */
import * as z from 'zod/mini';
import { DEFAULT_NAME } from '../../core/aws/installation.ts';
import './language.ts';

const name = z.string().check(z.minLength(1));

/** Settings of every function: the name of the installation, which its metrics bear. */
const installationSettings = { EBB_INSTALLATION: z._default(name, DEFAULT_NAME) };

/** Settings of the functions that act on groups. */
const commonSettings = {
  ...installationSettings,
  /** The name of our lifecycle hook. */
  EBB_HOOK_NAME: name,
  /** Path prefix of the clusters' settings: the name of a cluster's parameter is this and the cluster's name. */
  EBB_CLUSTER_PARAMETERS: z.string().check(z.regex(/^\/.+\/$/)),
};

/** Settings of the functions that start retirements. */
const starterSettings = {
  ...commonSettings,
  /** ARN of the retirement's alias: a durable function must be invoked by a qualified ARN. */
  EBB_RETIREMENT_FUNCTION: z.string().check(z.startsWith('arn:')),
};

export const routerSettings = z.object({
  ...starterSettings,
  /** URL of the queue that it reads. */
  EBB_NOTICE_QUEUE: z.url(),
});
export const retirementSettings = z.object(commonSettings);
export const sweepSettings = z.object(starterSettings);
export const rotationSettings = z.object({
  ...starterSettings,
  /** Path prefix of what users want of rotations: the name of a rotation's parameter is this and its id. */
  EBB_ROTATION_PARAMETERS: z.string().check(z.regex(/^\/.+\/$/)),
});
export const operatorSettings = z.object({
  ...rotationSettings.def.shape,
  /** ARN of the rotation's alias. */
  EBB_ROTATION_FUNCTION: z.string().check(z.startsWith('arn:')),
});
export const driftSettings = z.object({
  ...installationSettings,
  EBB_CLUSTER_PARAMETERS: commonSettings.EBB_CLUSTER_PARAMETERS,
});

export const evacuationSettings = driftSettings;
export const hypervisorSyncSettings = z.object({
  ...driftSettings.def.shape,
  /** ARN of the evacuation's alias. */
  EBB_EVACUATION_FUNCTION: z.string().check(z.startsWith('arn:')),
});

/** Names or ids, separated by commas; empty: none. */
const list = z.pipe(
  z.string(),
  z.transform((text) => text.split(',').filter((part) => part !== '')),
);

/** How the endpoint checks who asks: by IAM, or by a secret of this name or ARN. */
export type Door = { readonly kind: 'iam' } | { readonly kind: 'secret'; readonly id: string };

const SECRET_PREFIX = 'secret:';

export const endpointSettings = z.object({
  ...installationSettings,
  /** The clusters of EKS whose VPCs are allowed. */
  EBB_CLUSTERS: list,
  /** Other clusters: the VPCs of their instances are allowed. */
  EBB_OTHER_CLUSTERS: list,
  /** The VPCs that are allowed instead; empty: those of the clusters. */
  EBB_VPCS: list,
  /** `iam`, or `secret:` and the secret's name or ARN. It has no default, so that no endpoint is open by omission. */
  EBB_DOOR: z.pipe(
    z.union([z.literal('iam'), z.string().check(z.regex(/^secret:./))]),
    z.transform((door): Door =>
      door === 'iam' ? { kind: door } : { kind: 'secret', id: door.slice(SECRET_PREFIX.length) },
    ),
  ),
});

export type RouterSettings = z.infer<typeof routerSettings>;
export type RetirementSettings = z.infer<typeof retirementSettings>;
export type SweepSettings = z.infer<typeof sweepSettings>;
export type RotationSettings = z.infer<typeof rotationSettings>;
export type OperatorSettings = z.infer<typeof operatorSettings>;
export type DriftSettings = z.infer<typeof driftSettings>;
export type EvacuationSettings = z.infer<typeof evacuationSettings>;
export type HypervisorSyncSettings = z.infer<typeof hypervisorSyncSettings>;
/** The endpoint's settings as the environment holds them: text. */
export type EndpointSettings = Required<z.input<typeof endpointSettings>>;

/** @throws Error naming every variable that is missing or wrong */
export function readSettings<Schema extends z.ZodMiniType>(schema: Schema, environment = process.env): z.infer<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`the function's environment is wrong: ${faults.join('; ')}`);
}
