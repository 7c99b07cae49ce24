/**
 * What stops replacing although budgets would allow it (contract 9.4, 9.7): a group that cannot replace, a replacement
 * that does not come up, and a cluster of which too much is not Ready. The next node would only make it worse. Pure.
 */
import type { FleetNode, PlacedNode } from './fleet.ts';
import type { Group } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';

/** A node that was not Ready this soon after it was made has never been: what is lost later is lost after longer. */
const NEVER_READY_WITHIN_MS = 60_000;

/** Without these, a node that goes is not replaced, or not evenly over the zones. */
const NEEDED_PROCESSES = ['Launch', 'Terminate', 'AZRebalance'];

export interface ReplacementTerms {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly replacementTimeoutSeconds: number;
  /** When instances without a node were started, epoch milliseconds; what is missing cannot be told. */
  readonly launchedAt?: ReadonlyMap<string, number>;
}

/**
 * The instance of the group that should serve by now and never has, in words; undefined when there is none.
 *
 * @param nodes by instance
 */
export function stuckReplacement(
  group: Group,
  nodes: ReadonlyMap<string, FleetNode>,
  { now, replacementTimeoutSeconds, launchedAt }: ReplacementTerms,
): string | undefined {
  const latest = now - replacementTimeoutSeconds * 1_000;
  for (const { instance } of servingMembers(group)) {
    const node = nodes.get(instance);
    const since = node === undefined ? launchedAt?.get(instance) : neverReadySince(node);
    if (since !== undefined && since < latest) {
      const minutes = minutesOf(now - since);
      const what =
        node === undefined
          ? `its instance ${instance} has run for ${minutes} min and no node has joined for it`
          : `its node ${node.name} has not been Ready since it was made ${minutes} min ago`;
      return `${what}: ${mendingOf(instance)}`;
    }
  }
  return undefined;
}

/** Until then its group is stopped: also one that has drifted meanwhile, as who is not Ready is not let go. */
export function mendingOf(instance: string): string {
  return `terminate instance ${instance} or mend it`;
}

export function minutesOf(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000);
}

/** Which processes that a replacement needs somebody has suspended, in words (contract 9.7); undefined when none. */
export function suspension({ suspended }: Group): string | undefined {
  const missing = NEEDED_PROCESSES.filter((name) => suspended.includes(name));
  if (missing.length === 0) return undefined;
  const [what, verb] = missing.length === 1 ? ['process', 'is'] : ['processes', 'are'];
  return `its ${what} ${missing.join(', ')} ${verb} suspended`;
}

/** Instances of the groups that should serve and have no node: when they were launched, EC2 must be asked. */
export function withoutNode(groups: readonly Group[], nodes: ReadonlyMap<string, FleetNode>): readonly string[] {
  return groups.flatMap(servingMembers).flatMap(({ instance }) => (nodes.has(instance) ? [] : [instance]));
}

/** Why so much of the cluster is not Ready that nothing new may begin; undefined when it is not. @param limit 0–1 */
export function sickness(placed: readonly PlacedNode[], limit: number): string | undefined {
  const sick = placed.filter(({ node }) => node.notReadySince !== undefined).length;
  if (sick <= placed.length * limit) return undefined;
  return `${sick} of the ${placed.length} nodes ${sick === 1 ? 'is' : 'are'} not Ready, more than ${Math.round(limit * 100)}%`;
}

function servingMembers({ members }: Group): Group['members'] {
  return members.filter(({ state }) => state === IN_SERVICE);
}

function neverReadySince({ createdAt, notReadySince }: FleetNode): number | undefined {
  const never = notReadySince !== undefined && notReadySince - createdAt < NEVER_READY_WITHIN_MS;
  return never ? createdAt : undefined;
}
