/**
 * The sweep of the nodes that bear a drain taint, whoever put it there (contract 9.5): as many as the budgets allow get a
 * retirement; the others wait, and it is told for what.
 */
import { looksOnly, LOOKS_ONLY } from '../../core/disruption/budget.ts';
import { taintsIgnored } from '../../core/events/fleet-events.ts';
import { retirementRequested } from '../../core/events/notice-events.ts';
import { drainTaint, isAskedByDriftAlone, releaseFor } from '../../core/node/drain-taints.ts';
import { placeNodes, type Fleet, type FleetNode, type PlacedNode } from '../../core/disruption/fleet.ts';
import { isForgotten } from '../../core/retirement/orphaned-hook.ts';
import { NO_GROUP, type Group, type Member } from '../../core/aws/group.ts';
import type { ClusterSettings, VoluntaryRelease } from '../../core/settings/cluster-settings.ts';
import { IN_SERVICE } from '../../core/aws/lifecycle-state.ts';
import { executionName, type Home, type TaintedNotice } from '../../core/notice/notice.ts';
import { isLeftOutside, OUTSIDE, withOutside } from '../../core/disruption/outside-nodes.ts';
import { groupStatuses, type GroupStatus } from '../../core/disruption/group-status.ts';
import type { SweepReport, SweptNode } from '../../core/disruption/sweep-report.ts';
import { queueFleet, type FleetState, type QueuePorts } from '../disruption/disruption-queue.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { FleetView } from '../ports/kubernetes.ts';
import type { Retirements, RunningRetirements } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import type { SweepRecord } from './sweep-record.ts';
import { reportGroupStatuses } from '../disruption/report-group-status.ts';

export interface TaintedSweepPorts extends QueuePorts {
  readonly groups: Pick<Groups, 'members'>;
  readonly running: RunningRetirements;
  readonly retirements: Retirements;
  readonly journal: Journal;
  readonly home: Home;
}

export interface TaintedSweep {
  readonly cluster: ClusterSettings;
  readonly view: FleetView;
  readonly groups: readonly Group[];
  /** Those of them that are left alone here, by name, and why. */
  readonly foreign: FleetState['foreign'];
  readonly dryRun: boolean;
}

/** A node that bears a drain taint, by the taint's key, and what becomes of its instance. */
interface Asking {
  readonly node: FleetNode;
  readonly taint: string;
  readonly release: VoluntaryRelease;
}

/**
 * @param nodes all of the cluster
 * @param groups every enrolled one
 * @throws ClusterAway, ClusterRefused
 */
export async function sweepTainted(
  nodes: readonly FleetNode[],
  { cluster, view, groups, foreign, dryRun }: TaintedSweep,
  record: SweepRecord,
  ports: TaintedSweepPorts,
): Promise<SweepReport> {
  const asking = nodes.flatMap((node): Asking[] => {
    const taint = drainTaint(node, cluster);
    return taint === undefined ? [] : [{ node, taint, release: releaseFor(taint, cluster) }];
  });
  const at = Date.now();
  if (asking.length === 0) return { cluster: cluster.name, at, nodes: [] };
  const placed = placeNodes(nodes, groups);
  const members = await membersOutside(placed, cluster, ports);
  const { fleet, outside = [] } = withOutside(placed, cluster, members);
  const state = { cluster, groups: [...groups, ...outside], foreign, fleet };
  const { swept, statuses } = await decide(asking, { ...state, members }, { view, ...ports });
  if (dryRun) return { cluster: cluster.name, at, nodes: swept };
  reportGroupStatuses(cluster.name, statuses, ports.journal);
  reportIgnored(cluster.name, swept, ports.journal);
  for (const each of swept.filter(({ decision }) => decision === 'starts now')) {
    await record.attempt(async () => {
      await start(each, cluster, ports);
      record.tainted += 1;
    });
  }
  return { cluster: cluster.name, at, nodes: swept };
}

/** Those that are to be drained although no enrolled group has them, as far as another group has. */
async function membersOutside(
  { strays }: Fleet,
  cluster: ClusterSettings,
  { groups }: TaintedSweepPorts,
): Promise<readonly Member[]> {
  const instances = strays.filter((node) => isLeftOutside(node, cluster)).flatMap(({ instance }) => instance ?? []);
  return instances.length === 0 ? [] : await groups.members(instances);
}

async function decide(
  asking: readonly Asking[],
  state: FleetState & { readonly members: readonly Member[] },
  ports: TaintedSweepPorts & { readonly view: FleetView },
): Promise<{ swept: readonly SweptNode[]; statuses: readonly GroupStatus[] }> {
  const { cluster, fleet, foreign } = state;
  const places = new Map(fleet.placed.map((placed) => [placed.node.name, placed]));
  // Asked after the nodes were read: one that was started meanwhile runs, though its node bears no marks yet.
  const running = await ports.running.names();
  const begun = (placed: PlacedNode): boolean => !isForgotten(placed.member, running, ports.home);
  const judged = asking.map((each) => ({
    ...each,
    ...judge(each, places.get(each.node.name), { begun, foreign, cluster }),
  }));
  const candidates = judged.flatMap(({ decision, why, place }) =>
    decision === 'waits' && why === undefined && place !== undefined ? [place] : [],
  );
  const out = new Set(judged.filter(({ decision }) => decision === 'under way').map(({ node }) => node.name));
  const queue = await queueFleet(
    candidates,
    state,
    { cause: 'taint', isUnavailable: ({ name }) => out.has(name), stopped: new Map() },
    ports,
  );
  const now = new Set(queue.now.map(({ name }) => name));
  const later = new Map(
    queue.later.map(({ candidate, why, at }) => [candidate.name, { why, ...(at !== undefined && { at }) }]),
  );
  const swept = judged.map(({ node, taint, release, place, decision, why }): SweptNode => {
    const { name, instance } = node;
    const group = place?.group.name === OUTSIDE ? groupOutside(instance, state.members) : place?.group.name;
    return {
      node: name,
      ...(instance !== undefined && { instance }),
      ...(group !== undefined && { group }),
      taint,
      release,
      decision: now.has(name) ? 'starts now' : decision,
      ...(why !== undefined && { why }),
      ...later.get(name),
    };
  });
  return { swept, statuses: groupStatuses(queue, queue.allowances, Date.now()) };
}

function groupOutside(instance: string | undefined, members: readonly Member[]): string | undefined {
  return members.find((member) => member.instance === instance)?.group;
}

interface Decision {
  readonly decision: SweptNode['decision'];
  readonly why?: string;
  readonly place?: PlacedNode;
}

interface JudgeTerms extends Pick<FleetState, 'foreign' | 'cluster'> {
  readonly begun: (placed: PlacedNode) => boolean;
}

/** What can be told of one node alone; those that wait are given their turns together. */
function judge(asking: Asking, place: PlacedNode | undefined, terms: JudgeTerms): Decision {
  const { node } = asking;
  if (node.owner !== undefined)
    return { decision: 'left alone', why: `${node.owner} makes and ends such nodes itself` };
  const where = place && { place };
  if (node.leftDrained) return { decision: 'left drained', ...where };
  // Its instance may have left the group before its node.
  if (node.retiring) return { decision: 'under way', ...where };
  const strange = strangeness(asking, place);
  if (place === undefined || strange !== undefined) return { decision: 'left alone', why: strange ?? NOT_ENROLLED };
  return judgePlaced(place, terms);
}

function judgePlaced(place: PlacedNode, { begun, foreign, cluster }: JudgeTerms): Decision {
  if (begun(place)) return { decision: 'under way', place };
  const another = foreign.get(place.group.name);
  if (another !== undefined) return { decision: 'left alone', why: another, place };
  const { state } = place.member;
  if (state !== IN_SERVICE) return { decision: 'left alone', why: `its instance is ${state}`, place };
  return { decision: 'waits', ...whyNotYet(place, cluster), place };
}

/** A node that drift was to replace when its budget was another; a person's taint is a person's word. */
function whyNotYet({ node, group }: PlacedNode, cluster: ClusterSettings): { why?: string } {
  return isAskedByDriftAlone(node, cluster) && looksOnly(cluster, group.name) ? { why: LOOKS_ONLY } : {};
}

/** Nothing is terminated there (contract 9.5). */
const NOT_ENROLLED = 'its instance is in no group that is enrolled, and the release of its taint is terminate';

/** Why a node that is in no enrolled group is none that can be drained; undefined when it is one. */
function strangeness({ node, release }: Asking, place: PlacedNode | undefined): string | undefined {
  if (node.instance === undefined) return 'it is no EC2 instance';
  return place?.group.name === OUTSIDE && release === 'terminate' ? NOT_ENROLLED : undefined;
}

/** Whoever has tainted them waits for a drain that does not come. */
function reportIgnored(cluster: string, swept: readonly SweptNode[], journal: Journal): void {
  const nodes = swept.flatMap(({ node, decision, why = '' }) => (decision === 'left alone' ? [`${node}: ${why}`] : []));
  if (nodes.length > 0) journal.report(taintsIgnored({ cluster, nodes }));
}

async function start(
  { node, instance = '', group = NO_GROUP, taint }: SweptNode,
  { name: cluster }: ClusterSettings,
  { retirements, journal, home }: TaintedSweepPorts,
): Promise<void> {
  const { account, region } = home;
  const notice: TaintedNotice = { kind: 'tainted', account, region, instance, group, taint, at: Date.now(), cluster };
  const execution = executionName(notice, home);
  const already = (await retirements.start(execution, notice)) === 'already';
  journal.report(retirementRequested({ execution, instance, cluster, group, already, foundBy: 'sweep', node, taint }));
}
