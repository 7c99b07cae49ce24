/**
 * Launch plans: what groups would launch now (contract 9.1). Each template, launch configuration and image parameter is
 * read once, however many groups name it. One that cannot be read is a fault of the groups that name it, in words.
 */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type {
  Group,
  GroupMember,
  LaunchPlan,
  LaunchReference,
  LaunchSource,
  SourceReference,
} from '../../core/aws/group.ts';
import type { Launches } from '../../workflow/ports/ec2.ts';
import { IMAGE_PARAMETER_ACTIONS, imageParameters, type ParameterImage } from './image-parameters.ts';
import { isFault, type Fault } from './launch-fault.ts';
import { keyOf, LAUNCH_SOURCE_ACTIONS, launchSources, type FoundSource } from './launch-sources.ts';
import { LAUNCHED_ACTIONS, launchedInstances } from '../ec2/launched-instances.ts';

/** IAM actions for what groups launch and have launched. Only those on parameters can be limited to resources. */
export const LAUNCH_ACTIONS = [...LAUNCH_SOURCE_ACTIONS, ...LAUNCHED_ACTIONS] as const;
/** IAM actions on the parameters that templates take their images from. Public ones have no account in their ARN. */
export { IMAGE_PARAMETER_ACTIONS };

/** Form in which a template names a parameter in place of an image. */
const BY_PARAMETER = /^resolve:ssm:(.+)$/;

export interface LaunchClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

export function launches(clients: LaunchClients): Launches {
  return {
    async plans(groups) {
      const lookup = await lookUp(groups, clients);
      return new Map(groups.map((group) => [group.name, planOf(group, lookup)]));
    },
    launched: (instances) => launchedInstances(clients.ec2, instances),
  };
}

function sourcesOf({ base, overrides }: LaunchReference): SourceReference[] {
  return [base, ...overrides.map(({ source }) => source)].filter((source) => source !== undefined);
}

/** Returns what the members were launched from, if it says what they run: of templates, numbered versions alone. */
function originsOf(members: readonly GroupMember[]): SourceReference[] {
  const origins = members.flatMap(({ launchedFrom }) => launchedFrom ?? []);
  const fixed = origins.filter(({ kind, version = '' }) => kind === 'configuration' || /^\d+$/.test(version));
  return [...new Map(fixed.map((origin) => [keyOf(origin), origin])).values()];
}

interface Lookup {
  readonly sources: ReadonlyMap<string, FoundSource | Fault>;
  readonly images: ReadonlyMap<string, ParameterImage | Fault>;
}

async function lookUp(groups: readonly Group[], clients: LaunchClients): Promise<Lookup> {
  const launching = groups.flatMap(({ launch }) => sourcesOf(launch));
  const origins = groups.flatMap(({ members }) => originsOf(members));
  const sources = await launchSources([...launching, ...origins], clients);
  const parameters = launching.flatMap((reference) => {
    const source = sources.get(keyOf(reference));
    return source === undefined || isFault(source) ? [] : (parameterOf(source.image) ?? []);
  });
  return { sources, images: await imageParameters(clients.ssm, parameters) };
}

function parameterOf(image: string): string | undefined {
  return BY_PARAMETER.exec(image)?.[1];
}

function planOf({ launch, members }: Group, lookup: Lookup): LaunchPlan | Fault {
  const { base: reference } = launch;
  if (reference === undefined) return { fault: 'the group names neither a launch template nor a launch configuration' };
  const base = sourceOf({ reference }, lookup);
  if (isFault(base)) return base;
  const overrides: { type: string; source: LaunchSource }[] = [];
  for (const { type, source: own, image } of launch.overrides) {
    if (own === undefined && image === undefined) continue;
    if (type === undefined) return { fault: UNTYPED_OVERRIDE };
    const source = sourceOf({ reference: own ?? reference, image }, lookup);
    if (isFault(source)) return source;
    overrides.push({ type, source });
  }
  const types = typesOf(launch, lookup.sources.get(keyOf(reference)));
  const origins = originsOf(members).flatMap((origin) => writtenOut(lookup.sources.get(keyOf(origin))));
  return { base, overrides, ...(types !== undefined && { types }), origins };
}

/** Leaves out a source whose image comes from a parameter: that names today's image, not the one at launch. */
function writtenOut(found: FoundSource | Fault | undefined): LaunchSource[] {
  if (found === undefined || isFault(found) || parameterOf(found.image) !== undefined) return [];
  return [{ ...found.source, image: found.image }];
}

/** Fault of a policy whose instances do not show by which override they were launched. */
const UNTYPED_OVERRIDE =
  'its mixed instances policy gives instance requirements a launch template or image of their own, so it cannot be told ' +
  'which node was to have which: give those requirements a group of their own';

/** @param wanted its `image`, if there is one, replaces the image of the source */
function sourceOf(
  wanted: { readonly reference: SourceReference; readonly image?: string | undefined },
  { sources, images }: Lookup,
): LaunchSource | Fault {
  const found = sources.get(keyOf(wanted.reference)) ?? { fault: `${keyOf(wanted.reference)} was not looked up` };
  if (isFault(found)) return found;
  // Nothing says when the policy began to name this image: it counts from now.
  if (wanted.image !== undefined) return { ...found.source, image: wanted.image, imageSince: Date.now() };
  const parameter = parameterOf(found.image);
  if (parameter === undefined) return { ...found.source, image: found.image };
  const named = images.get(parameter) ?? { fault: `${found.image} was not looked up` };
  return isFault(named) ? named : { ...found.source, ...named };
}

function typesOf({ overrides, byRequirements }: LaunchReference, base: FoundSource | Fault | undefined) {
  if (byRequirements) return undefined;
  const listed = overrides.flatMap(({ type }) => type ?? []);
  if (listed.length > 0) return listed;
  return base === undefined || isFault(base) || base.type === undefined ? undefined : [base.type];
}
