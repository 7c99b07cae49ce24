/**
 * Stop conditions: suspended processes, a replacement that does not become Ready, and too many nodes that are not Ready
 * (contract 9.4, 9.7). No further node goes, whatever the budgets, because it would make things worse. Pure.
 */
import type { FleetNode, PlacedNode } from './fleet.ts';
import type { Group } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';

/** A node not Ready since less than this after its creation was never Ready: nodes lost later had been Ready longer. */
const NEVER_READY_WITHIN_MS = 60_000;

/** Processes without which a node is not replaced, or not evenly over the zones. */
const NEEDED_PROCESSES = ['Launch', 'Terminate', 'AZRebalance'];

export interface ReplacementTerms {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly replacementTimeoutSeconds: number;
  /** When instances without a node were started, epoch milliseconds; without those that EC2 does not know. */
  readonly launchedAt?: ReadonlyMap<string, number>;
}

/**
 * Describes an instance of the group that should serve by now and never has; undefined when there is none.
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

/** The advice for an instance that stops its group. Drift does not end that: only nodes that are Ready are let go. */
export function mendingOf(instance: string): string {
  return `terminate instance ${instance} or mend it`;
}

export function minutesOf(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000);
}

/** Names the suspended processes that a replacement needs, in words (contract 9.7); undefined when there are none. */
export function suspension({ suspended }: Group): string | undefined {
  const missing = NEEDED_PROCESSES.filter((name) => suspended.includes(name));
  if (missing.length === 0) return undefined;
  const [what, verb] = missing.length === 1 ? ['process', 'is'] : ['processes', 'are'];
  return `its ${what} ${missing.join(', ')} ${verb} suspended`;
}

/** Instances of the groups that are in service and have no node. EC2 must be asked when they were started. */
export function withoutNode(groups: readonly Group[], nodes: ReadonlyMap<string, FleetNode>): readonly string[] {
  return groups.flatMap(servingMembers).flatMap(({ instance }) => (nodes.has(instance) ? [] : [instance]));
}

/** Says that more nodes than the limit are not Ready, so nothing may begin; otherwise undefined. @param limit 0–1 */
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
