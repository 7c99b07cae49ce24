/**
 * Whose turn it is among the nodes of a cluster that are to go, within budgets, windows and brakes (contract 9.3, 9.4,
 * 9.7): the questions that must be asked for that, each only of whom it concerns.
 */
import pMap from 'p-map';
import { nodesByInstance, withoutNode } from '../../core/disruption/stop-conditions.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { fleetNode, type Fleet, type FleetNode, type PlacedNode } from '../../core/disruption/fleet.ts';
import type { Group } from '../../core/aws/group.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import { howUnfit } from '../../core/disruption/unavailable-nodes.ts';
import { OUTSIDE } from '../../core/disruption/outside-nodes.ts';
import { isCoolingDown } from '../../core/node/cool-down.ts';
import { allowancesIn, type Circumstances, type Allowances } from '../../core/disruption/allowance.ts';
import { queueNodes, nodesToCount, type Candidate, type DisruptionQueue } from '../../core/disruption/queue.ts';
import type { GroupChanges } from '../ports/auto-scaling.ts';
import type { Launches } from '../ports/ec2.ts';
import type { FleetView } from '../ports/kubernetes.ts';

export interface QueuePorts {
  readonly changes: GroupChanges;
  readonly launches: Pick<Launches, 'launched'>;
}

/** A whole cluster, as it was read. */
export interface FleetState {
  readonly cluster: ClusterSettings;
  readonly fleet: Fleet;
  /** Every enrolled group, those of other clusters among them. */
  readonly groups: readonly Group[];
  /** Those that are said to be another cluster's, by name, and why: they are left alone. */
  readonly foreign: ReadonlyMap<string, string>;
}

/** How many questions of one kind are asked at once. */
const AT_ONCE = 5;

/**
 * All nodes of the cluster; of each no more than the tainter and the sweep decide by is kept.
 *
 * @param look sees each page whole
 */
export async function readFleetNodes(
  view: FleetView,
  { tainted }: Pick<ClusterSettings, 'tainted'>,
  look?: (page: readonly Node[]) => void,
): Promise<FleetNode[]> {
  const at = { now: Date.now(), longestCoolDownMs: tainted.retryAfterSeconds * 1000 };
  const nodes: FleetNode[] = [];
  for await (const page of view.allNodes()) {
    look?.(page);
    nodes.push(...page.map((node) => fleetNode(node, at)));
  }
  return nodes;
}

/**
 * Two rounds. Nodes that are out already, cordoned by whoever wants them to go perhaps, take their turns first, and do
 * not wait for one another, themselves least of all: that they are drained costs nobody anything. For the others they
 * count as out, whether they go or not (contract 9.3); one that rests goes nowhere, so nobody is exempt for it.
 *
 * @param at `isUnavailable`, why the candidates are to go, and the groups that are stopped already, with why
 * @returns with the rooms that the others had
 */
export async function queueFleet(
  candidates: readonly PlacedNode[],
  state: FleetState,
  at: Pick<Circumstances, 'cause' | 'isUnavailable' | 'stopped'>,
  ports: QueuePorts & { readonly view: Pick<FleetView, 'countPods'> },
): Promise<DisruptionQueue & { readonly allowances: Allowances }> {
  const circumstances = await circumstancesOf(candidates, state, at, ports);
  const isUnfit = ({ node }: PlacedNode): boolean =>
    howUnfit(node) !== undefined && !isCoolingDown(node, circumstances.now);
  const unfit = candidates.filter(isUnfit);
  const others = candidates.filter((candidate) => !isUnfit(candidate));
  const exempt = new Set(unfit.map(({ node }) => node.name));
  const isExempt = ({ name }: FleetNode): boolean => exempt.has(name);
  const isUnavailable = (node: FleetNode): boolean => circumstances.isUnavailable(node) || isExempt(node);
  const allowancesOfUnfit = allowancesIn(state.fleet, state.cluster, { ...circumstances, isExempt });
  const allowances = allowancesIn(state.fleet, state.cluster, { ...circumstances, isUnavailable });
  const first = await queueOf(unfit, allowancesOfUnfit, circumstances.now, ports.view);
  const second = await queueOf(others, allowances, circumstances.now, ports.view);
  return { now: [...first.now, ...second.now], later: [...first.later, ...second.later], allowances };
}

/** Asks what the rooms of these candidates depend on. */
async function circumstancesOf(
  candidates: readonly PlacedNode[],
  state: FleetState,
  { cause, isUnavailable, stopped: stoppedAlready }: Pick<Circumstances, 'cause' | 'isUnavailable' | 'stopped'>,
  { changes, launches }: QueuePorts,
): Promise<Circumstances> {
  const { fleet, foreign } = state;
  const stopped = new Map([...stoppedAlready, ...foreign]);
  const concerned = [...new Set(candidates.map(({ group }) => group))];
  const open = concerned.filter(({ name }) => name !== OUTSIDE && !stopped.has(name));
  const changed = await pMap(open, async (group) => [group.name, await underWay(group, changes)] as const, {
    concurrency: AT_ONCE,
  });
  const nodeless = withoutNode(concerned, nodesByInstance(fleet));
  const launched = nodeless.length === 0 ? new Map() : await launches.launched(nodeless);
  return {
    now: Date.now(),
    cause,
    ...whatCounts(state, isUnavailable),
    stopped: new Map([
      ...stopped,
      ...changed.flatMap(([name, why]) => (why === undefined ? [] : [[name, why] as const])),
    ]),
    launchedAt: new Map([...launched].map(([instance, { startedAt }]) => [instance, startedAt])),
  };
}

/** Nodes of other clusters' groups are out as far as they do not serve: that they are tainted comes to nothing. */
function whatCounts(
  { fleet, groups, foreign }: FleetState,
  isUnavailable: Circumstances['isUnavailable'],
): Pick<Circumstances, 'groups' | 'isUnavailable'> {
  const alone = new Set(fleet.placed.flatMap(({ node, group }) => (foreign.has(group.name) ? [node.name] : [])));
  const here = new Set(fleet.placed.map(({ group }) => group.name));
  return {
    // A group without a node here is not missing here.
    groups: groups.filter(({ name }) => here.has(name) || !foreign.has(name)),
    isUnavailable: (node) => !alone.has(node.name) && isUnavailable(node),
  };
}

async function queueOf(
  placed: readonly PlacedNode[],
  allowances: Allowances,
  now: number,
  view: Pick<FleetView, 'countPods'>,
): Promise<DisruptionQueue> {
  const asked = placed.map(candidateOf);
  const counted = await pMap(
    nodesToCount(asked, allowances),
    async (name) => [name, await view.countPods(name)] as const,
    {
      concurrency: AT_ONCE,
    },
  );
  return queueNodes(asked, allowances, { pods: new Map(counted), now });
}

/** What cannot be told counts as a change: it concerns that group alone. */
function underWay(group: Group, changes: GroupChanges): Promise<string | undefined> {
  return changes
    .underWay(group)
    .catch((error: unknown) => `whether somebody changes it cannot be told: ${String(error)}`);
}

function candidateOf({ node, member, group }: PlacedNode): Candidate {
  const { name, createdAt, coolDown } = node;
  return { name, group: group.name, zone: member.zone, createdAt, ...(coolDown && { coolDownUntil: coolDown.until }) };
}
