/** Launch sources: where an instance was launched from, and what its group would launch now. Pure. */
import type { GroupMember, LaunchPlan, LaunchSource, SourceReference } from '../aws/group.ts';

/** Returns what the group would launch in the place of this instance. */
export function sourceOf({ base, overrides }: LaunchPlan, { type }: GroupMember): LaunchSource {
  return overrides.find((override) => override.type === type)?.source ?? base;
}

/**
 * Returns the image of the source that the instance was launched from. Undefined when EC2 must be asked, also when Auto
 * Scaling returns an image for the instance itself, because that image replaced the source's.
 */
export function imageByOrigin({ launchedFrom, image }: GroupMember, { origins }: LaunchPlan): string | undefined {
  if (launchedFrom === undefined || image !== undefined) return undefined;
  return origins.find((origin) => isSame(launchedFrom, origin))?.image;
}

/**
 * Compares the source that the instance was launched from with another. Undefined when the version is unknown:
 * `$Latest` and `$Default` do not say which version it was then.
 */
export function compareOrigin({ launchedFrom }: GroupMember, source: LaunchSource): 'same' | 'other' | undefined {
  if (launchedFrom === undefined) return undefined;
  if (isSame(launchedFrom, source)) return 'same';
  return launchedFrom.version?.startsWith('$') ? undefined : 'other';
}

export function nameOfSource({ kind, id, version }: SourceReference): string {
  if (kind === 'configuration') return `launch configuration ${id}`;
  const template = kind === 'template-name' ? `launch template ${id}` : id;
  return version === undefined ? template : `${template} version ${version}`;
}

function isSame(one: SourceReference, other: LaunchSource): boolean {
  const isIt = one.kind === 'template-name' ? one.id === other.name : one.kind === other.kind && one.id === other.id;
  return isIt && one.version === other.version;
}
