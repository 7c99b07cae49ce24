/**
 * Decides what happens to the nodes of a cluster with a drain taint, whoever set it (contract 9.5): as many as the
 * budgets allow get a retirement, and the others wait, each with the reason. Pure.
 */
import type { Member } from '../aws/group.ts';
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import { drainTaint, isAskedByDriftAlone, releaseFor } from '../node/drain-taints.ts';
import type { Home } from '../notice/notice.ts';
import { inHandOf } from '../retirement/in-hand.ts';
import { isOrphaned } from '../retirement/orphaned-hook.ts';
import type { ClusterSettings, VoluntaryRelease } from '../settings/cluster-settings.ts';
import { LOOKS_ONLY, looksOnly } from './budget.ts';
import type { FleetState } from './fleet-state.ts';
import type { FleetNode, PlacedNode } from './fleet.ts';
import { groupStatuses, type GroupStatus } from './group-status.ts';
import { OUTSIDE } from './outside-nodes.ts';
import { queueFleet, type FleetQueue } from './queue-fleet.ts';
import type { Answers, Undecided } from './questions.ts';
import type { SweptNode } from './sweep-report.ts';

export interface SweepFacts extends FleetState {
  /** Nodes with a drain taint. */
  readonly asking: readonly Asking[];
  /** Instances of nodes that are in a group that is not enrolled. */
  readonly members: readonly Member[];
  /** Names of the running retirements, read after the nodes: one that has just begun has not marked its node yet. */
  readonly running: readonly string[];
  readonly home: Home;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A node with a drain taint, the taint's key, and what happens to the instance. */
export interface Asking {
  readonly node: FleetNode;
  readonly taint: string;
  readonly release: VoluntaryRelease;
}

export interface SweepDecision {
  readonly swept: readonly SweptNode[];
  readonly statuses: readonly GroupStatus[];
}

export function askingNodes(nodes: readonly FleetNode[], cluster: ClusterSettings): readonly Asking[] {
  return nodes.flatMap((node): Asking[] => {
    const taint = drainTaint(node, cluster);
    return taint === undefined ? [] : [{ node, taint, release: releaseFor(taint, cluster) }];
  });
}

export function decideSweep(facts: SweepFacts, answers: Answers): SweepDecision | Undecided {
  const places = new Map(facts.fleet.placed.map((placed) => [placed.node.name, placed]));
  const judged = facts.asking.map((asking) => ({ ...asking, ...judge(asking, places.get(asking.node.name), facts) }));
  const candidates = judged.flatMap(({ decision, why, place }) =>
    decision === 'waits' && why === undefined && place !== undefined ? [place] : [],
  );
  const underWay = new Set(judged.filter(({ decision }) => decision === 'under way').map(({ node }) => node.name));
  const { now, running, home } = facts;
  // A retirement that nobody tainted the node for, such as a recommended one, may not have marked it yet.
  const isInHand = inHandOf(running, home);
  const isUnavailable = ({ name, instance }: FleetNode): boolean => underWay.has(name) || isInHand(instance);
  const queue = queueFleet(candidates, facts, { now, cause: 'taint', isUnavailable, stopped: new Map() }, answers);
  if ('asks' in queue) return queue;
  return { swept: sweptNodes(judged, queue, facts.members), statuses: groupStatuses(queue, queue.allowances, now) };
}

interface Judgement {
  readonly decision: SweptNode['decision'];
  readonly why?: string;
  readonly place?: PlacedNode;
}

/** Decides about one node by itself. Nodes that wait are queued together afterwards. */
function judge(asking: Asking, place: PlacedNode | undefined, facts: SweepFacts): Judgement {
  const { node } = asking;
  if (node.owner !== undefined)
    return { decision: 'left alone', why: `${node.owner} makes and ends such nodes itself` };
  const where = place && { place };
  if (node.leftDrained) return { decision: 'left drained', ...where };
  // The instance may leave its group before the node goes.
  if (node.retiring) return { decision: 'under way', ...where };
  if (node.neighbour !== undefined)
    return { decision: 'left alone', why: `${node.neighbour} has it in hand`, ...where };
  const unfit = whyUndrainable(asking, place);
  if (place === undefined || unfit !== undefined) return { decision: 'left alone', why: unfit ?? NOT_ENROLLED };
  return judgePlaced(place, facts);
}

function judgePlaced(place: PlacedNode, { running, home, foreign, cluster }: SweepFacts): Judgement {
  if (!isOrphaned(place.member, running, home)) return { decision: 'under way', place };
  const another = foreign.get(place.group.name);
  if (another !== undefined) return { decision: 'left alone', why: another, place };
  const { state } = place.member;
  if (state !== IN_SERVICE) return { decision: 'left alone', why: `its instance is ${state}`, place };
  return { decision: 'waits', ...whyNotYet(place, cluster), place };
}

/** Only drift has let the node go, and the group's limit for drift is 0 by now. A person's taint still counts. */
function whyNotYet({ node, group }: PlacedNode, cluster: ClusterSettings): { why?: string } {
  return isAskedByDriftAlone(node, cluster) && looksOnly(cluster, group.name) ? { why: LOOKS_ONLY } : {};
}

/** Ebb terminates no instance outside of enrolled groups (contract 9.5). */
const NOT_ENROLLED = 'its instance is in no group that is enrolled, and the release of its taint is terminate';

/** Says why an outside node cannot be drained; undefined when it can. */
function whyUndrainable({ node, release }: Asking, place: PlacedNode | undefined): string | undefined {
  if (node.instance === undefined) return 'it is no EC2 instance';
  return place?.group.name === OUTSIDE && release === 'terminate' ? NOT_ENROLLED : undefined;
}

function sweptNodes(
  judged: readonly (Asking & Judgement)[],
  queue: FleetQueue,
  members: readonly Member[],
): readonly SweptNode[] {
  const going = new Set(queue.now.map(({ name }) => name));
  const later = new Map(
    queue.later.map(({ candidate, why, at }) => [candidate.name, { why, ...(at !== undefined && { at }) }]),
  );
  return judged.map(({ node, taint, release, place, decision, why }): SweptNode => {
    const { name, instance } = node;
    const group = place?.group.name === OUTSIDE ? groupOutside(instance, members) : place?.group.name;
    return {
      node: name,
      ...(instance !== undefined && { instance }),
      ...(group !== undefined && { group }),
      taint,
      release,
      decision: going.has(name) ? 'starts now' : decision,
      ...(why !== undefined && { why }),
      ...later.get(name),
    };
  });
}

function groupOutside(instance: string | undefined, members: readonly Member[]): string | undefined {
  return members.find((member) => member.instance === instance)?.group;
}
