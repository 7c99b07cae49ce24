/**
 * Verifies a notice about an instance that no enrolled group has. Events about it are ignored. A taint whose release is
 * `leave` asks nothing of a group. It is honoured, because whoever put it on has rights on the node, and the node is in
 * a configured cluster (contract 9.5). So is a request that asks nothing of a group, or one about an instance that a
 * rotation has detached from an enrolled group (contract 1.3).
 */
import { clusterIdentity, type ClusterIdentity } from '../../core/aws/cluster-identity.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { releaseFor } from '../../core/node/drain-taints.ts';
import { NO_GROUP } from '../../core/aws/group.ts';
import { DETACHED_FROM_TAG } from '../../core/aws/installation.ts';
import { IN_SERVICE } from '../../core/aws/lifecycle-state.ts';
import { isWanted, type Home, type Notice, type WantedNotice } from '../../core/notice/notice.ts';
import type { InstanceTags } from '../ports/ec2.ts';
import type { Settings } from '../ports/settings.ts';
import {
  disputed,
  ignore,
  nameOf,
  narrowed,
  notEnrolled,
  refuse,
  stale,
  tooLate,
  unconfigured,
  unfitFor,
  type TurnedAway,
  type Verification,
} from './verification.ts';

/** A group that is not enrolled, what it says of its cluster, and the instance's state in it. */
export interface StrangeGroup {
  readonly group: string;
  readonly identity: ClusterIdentity;
  readonly state: string;
  /** A retirement has detached the instance from the group before. */
  readonly isDetached?: true;
}

interface OutsidePorts {
  readonly instanceTags: InstanceTags;
  readonly settings: Settings;
  readonly home: Home;
}

/** @param strange undefined when the instance is in no group at all */
export async function verifyOutside(
  notice: Notice,
  strange: StrangeGroup | undefined,
  ports: OutsidePorts,
): Promise<Verification> {
  const otherwise =
    strange === undefined
      ? tooLate(notice, 'the instance is in no group any more')
      : notEnrolled(strange.group, ports.home.installation);
  return isWanted(notice) ? await verifyWanted(notice, strange, otherwise, ports) : otherwise;
}

async function verifyWanted(
  notice: WantedNotice,
  strange: StrangeGroup | undefined,
  otherwise: Verification,
  ports: OutsidePorts,
): Promise<Verification> {
  const { group, state, identity, isDetached } = strange ?? (await withoutGroup(notice, ports));
  const cluster = await clusterOf(notice, identity, ports);
  if ('kind' in cluster) return cluster;
  const unfit = unfitFor(notice, cluster);
  if (unfit !== undefined) return unfit;
  if (isDetached !== true && asksOfGroup(notice, cluster)) return otherwise;
  return state === IN_SERVICE
    ? { kind: 'retire', group, cluster: narrowed(cluster, group), ...(isDetached && { isDetached }) }
    : stale(`the instance is ${state}`);
}

/** An instance in no group: the one that a retirement has detached it from stands for it (contract 1.3). */
async function withoutGroup(notice: WantedNotice, { instanceTags }: OutsidePorts): Promise<StrangeGroup> {
  const tags = await instanceTags.tagsOf(notice);
  const identity = clusterIdentity({ groupTags: {}, instanceTags: tags });
  const { [DETACHED_FROM_TAG]: group } = tags;
  return group === undefined
    ? { group: NO_GROUP, state: IN_SERVICE, identity }
    : { group, state: IN_SERVICE, identity, isDetached: true };
}

/** Whether more is asked for than a drain: that is for groups that are enrolled. */
function asksOfGroup(notice: WantedNotice, cluster: ClusterSettings): boolean {
  const { detach, release } =
    notice.kind === 'tainted' ? { detach: false, release: releaseFor(notice.taint, cluster) } : notice.terms;
  return detach || release !== 'leave';
}

/** Settings of the cluster in which the node was found. AWS need not name that cluster, but must not name another. */
async function clusterOf(
  { cluster: found }: WantedNotice,
  identity: ClusterIdentity,
  { settings }: OutsidePorts,
): Promise<ClusterSettings | TurnedAway> {
  if (identity.kind === 'disputed') return disputed(identity.claims);
  const name = nameOf(identity) ?? found;
  if (found !== undefined && name !== found) {
    return refuse(`its node is in cluster ${found}, and AWS says that it belongs to ${name}`);
  }
  const cluster = name === undefined ? undefined : await settings.cluster(name);
  return cluster ?? ignore(unconfigured(name));
}
