/** The result of verifying a notice with AWS (contract 1.3), and its reasons in words. */
import type { ClusterIdentity } from '../../core/aws/cluster-identity.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { LAUNCH_HOOK, MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import { drainKeys } from '../../core/node/drain-taints.ts';
import { KINDS, type KindRow } from '../../core/notice/kinds.ts';
import type { Notice, WarningNotice } from '../../core/notice/notice.ts';
import type { Hook, LifecycleAction } from '../ports/auto-scaling.ts';

export type Verification =
  /** Not for us, or over: nothing is touched. */
  | { readonly kind: 'ignore'; readonly reason: string; readonly stale?: true; readonly usual?: true }
  /** AWS contradicts the event: nothing is touched, and somebody should know. */
  | { readonly kind: 'refuse'; readonly reason: string }
  /** Our hook holds it and there is nothing to drain: complete. */
  | { readonly kind: 'release'; readonly reason: string; readonly action: LifecycleAction }
  | {
      readonly kind: 'retire';
      readonly group: string;
      /** Our hook; absent when the group has none, and so nothing waits in it. */
      readonly hook?: Hook;
      readonly cluster: ClusterSettings;
      /** The instance waits in our hook, although the notice is none of a hook. */
      readonly waits?: true;
      /** A retirement has detached the instance from its group before. */
      readonly isDetached?: true;
    };

/** A notice on which nothing is done. */
export type TurnedAway = Extract<Verification, { kind: 'ignore' | 'refuse' }>;

export const ignore = (reason: string): TurnedAway => ({ kind: 'ignore', reason });

/** A notice that is ours but too late: the instance or its hook has gone (faults 5). */
export const stale = (reason: string): TurnedAway => ({ kind: 'ignore', reason, stale: true });

/** What comes with every termination, after its end: nobody need know. */
export const usual = (reason: string): TurnedAway => ({ kind: 'ignore', reason, usual: true });

export const refuse = (reason: string): TurnedAway => ({ kind: 'refuse', reason });

export const disputed = (claims: readonly string[]): TurnedAway =>
  refuse(`its cluster is disputed: ${claims.join(', ')}`);

/** @param installation name of the installation @default the default's */
export const notEnrolled = (group: string, installation?: string): TurnedAway => {
  const fix = `name it in the configuration or tag it ${MANAGED_TAG}=${managedValue(installation)}`;
  return ignore(`group ${group} is not enrolled: ${fix}`);
};

/** Why the notice is not carried out in this cluster; undefined when it is. */
export function unfitFor(notice: Notice, cluster: ClusterSettings): TurnedAway | undefined {
  const { switchedBy }: KindRow = KINDS[notice.kind];
  if (switchedBy !== undefined && !cluster.notices[switchedBy])
    return ignore(`notices.${switchedBy} is off in ${cluster.name}`);
  switch (notice.kind) {
    case 'tainted':
      if (drainKeys(cluster).includes(notice.taint)) return undefined;
      return ignore(`taint ${notice.taint} asks for no drain in ${cluster.name}`);
    case 'request':
      if (notice.cluster === cluster.name) return undefined;
      return refuse(`the request names cluster ${notice.cluster}, and AWS says that it belongs to ${cluster.name}`);
    default:
      return undefined;
  }
}

/** Says why there are no settings for the instance's cluster. */
export function unconfigured(cluster: string | undefined): string {
  return cluster === undefined ? 'nothing names its cluster' : `cluster ${cluster} is not configured`;
}

/** The cluster that AWS names. */
export function nameOf(identity: ClusterIdentity): string | undefined {
  return identity.kind === 'known' ? identity.cluster : undefined;
}

/** The cluster's settings with this group's alone: a run keeps them for as long as it lives (contract 14.1). */
export function narrowed(cluster: ClusterSettings, group: string): ClusterSettings {
  return { ...cluster, groups: cluster.groups.filter(({ name }) => name === group) };
}

/** Time before a scheduled change from which its node is drained: the longest that a drain may take (contract 5.1). */
export const DRAINS_AHEAD_MS = 172_800_000;

/** A notice of an instance that is gone. EC2 tells so of every one, at the end of its retirement too. */
export function tooLate({ kind }: Notice, reason: string): TurnedAway {
  return kind === 'state-change' ? usual(reason) : stale(reason);
}

/** How far the clock of a function may be off: a warning that has just run out may be one that has just come (faults 32). */
const SKEW_MS = 600_000;

/** Why a warning comes too late, or too early; undefined when it is in time. */
export function whyUntimely({ kind, until = Infinity }: WarningNotice): TurnedAway | undefined {
  const now = Date.now();
  if (until + SKEW_MS <= now) return stale(`its time was up at ${new Date(until).toISOString()}`);
  const isFarAhead = kind === 'scheduled-change' && until > now + DRAINS_AHEAD_MS;
  return isFarAhead ? ignore('its change is more than 48 hours ahead: the sweep begins 48 hours before it') : undefined;
}

/** The name of our hook in which an instance may wait that the notice is about. */
export function hookOf(notice: Notice, { hookName }: { readonly hookName: string }): string {
  return notice.kind === 'asg-launch' ? LAUNCH_HOOK : hookName;
}
