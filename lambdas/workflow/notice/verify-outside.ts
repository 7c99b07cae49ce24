/**
 * Verifies a notice about an instance that no enrolled group has. Events about it are ignored. A taint whose release is
 * `leave` asks nothing of a group. It is honoured, because whoever put it on has rights on the node, and the node is in
 * a configured cluster (contract 9.5).
 */
import { clusterIdentity, type ClusterIdentity } from '../../core/aws/cluster-identity.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { drainKeys, releaseFor } from '../../core/node/drain-taints.ts';
import { NO_GROUP } from '../../core/aws/group.ts';
import { IN_SERVICE } from '../../core/aws/lifecycle-state.ts';
import type { Home, Notice, TaintedNotice } from '../../core/notice/notice.ts';
import type { InstanceTags } from '../ports/ec2.ts';
import type { Settings } from '../ports/settings.ts';
import {
  disputed,
  ignore,
  nameOf,
  narrowed,
  noDrain,
  notEnrolled,
  refuse,
  stale,
  unconfigured,
  type TurnedAway,
  type Verification,
} from './verification.ts';

/** A group that is not enrolled, what it says of its cluster, and the instance's state in it. */
export interface StrangeGroup {
  readonly group: string;
  readonly identity: ClusterIdentity;
  readonly state: string;
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
      ? stale('the instance is in no group any more')
      : notEnrolled(strange.group, ports.home.installation);
  if (notice.kind !== 'tainted') return otherwise;
  const cluster = await clusterOf(notice, strange?.identity ?? (await identify(notice, ports)), ports);
  if ('kind' in cluster) return cluster;
  if (!drainKeys(cluster).includes(notice.taint)) return noDrain(notice.taint, cluster);
  if (releaseFor(notice.taint, cluster) !== 'leave') return otherwise;
  const { group, state } = strange ?? { group: NO_GROUP, state: IN_SERVICE };
  return state === IN_SERVICE
    ? { kind: 'retire', group, cluster: narrowed(cluster, group) }
    : stale(`the instance is ${state}`);
}

/** Settings of the cluster in which the node was found. AWS need not name that cluster, but must not name another. */
async function clusterOf(
  { cluster: found }: TaintedNotice,
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

async function identify(
  notice: TaintedNotice,
  { instanceTags }: { readonly instanceTags: InstanceTags },
): Promise<ClusterIdentity> {
  return clusterIdentity({ groupTags: {}, instanceTags: await instanceTags.tagsOf(notice) });
}
