/**
 * Sweeps the nodes that bear a drain taint, whoever put it there (contract 9.5): reads what the decision depends on,
 * decides (core/disruption/sweep-decision.ts), and starts the retirements of the nodes that may go.
 */
import { NO_GROUP, type Member } from '../../core/aws/group.ts';
import { fleetState, type Enrolment } from '../../core/disruption/fleet-state.ts';
import type { Fleet, FleetNode } from '../../core/disruption/fleet.ts';
import { isLeftOutside, withOutside } from '../../core/disruption/outside-nodes.ts';
import { askingNodes, decideSweep, type SweepFacts } from '../../core/disruption/sweep-decision.ts';
import type { SweepReport, SweptNode } from '../../core/disruption/sweep-report.ts';
import { taintsIgnored } from '../../core/events/fleet-events.ts';
import { retirementRequested } from '../../core/events/notice-events.ts';
import { executionName, type Home, type TaintedNotice } from '../../core/notice/notice.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { decideAsking, type QuestionPorts } from '../disruption/decide-asking.ts';
import { reportGroupStatuses } from '../disruption/report-group-status.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Journal } from '../ports/journal.ts';
import type { FleetView } from '../ports/kubernetes.ts';
import type { Retirements, RunningRetirements } from '../ports/lambda.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface TaintedSweepPorts extends Omit<QuestionPorts, 'view'> {
  readonly groups: Pick<Groups, 'members'>;
  readonly running: RunningRetirements;
  readonly retirements: Retirements;
  readonly journal: Journal;
  readonly home: Home;
}

export interface TaintedSweep extends Enrolment {
  readonly cluster: ClusterSettings;
  readonly view: FleetView;
  readonly dryRun: boolean;
}

/**
 * @param nodes all nodes of the cluster
 * @throws ClusterAway, ClusterRefused
 */
export async function sweepTainted(
  nodes: readonly FleetNode[],
  sweep: TaintedSweep,
  record: SweepRecord,
  ports: TaintedSweepPorts,
): Promise<SweepReport> {
  const { cluster, view, dryRun } = sweep;
  const now = Date.now();
  const asking = askingNodes(nodes, cluster);
  if (asking.length === 0) return { cluster: cluster.name, at: now, nodes: [] };
  const facts = await readFacts(nodes, { ...sweep, asking, now }, ports);
  const { swept, statuses } = await decideAsking((answers) => decideSweep(facts, answers), { view, ...ports });
  const report = { cluster: cluster.name, at: now, nodes: swept };
  if (dryRun) return report;
  reportGroupStatuses(cluster.name, statuses, ports.journal);
  reportIgnored(cluster.name, swept, ports.journal);
  for (const each of swept.filter(({ decision }) => decision === 'starts now')) {
    await record.attempt(async () => {
      await start(each, cluster, ports);
      record.tainted += 1;
    });
  }
  return report;
}

async function readFacts(
  nodes: readonly FleetNode[],
  { cluster, asking, now, ...enrolment }: TaintedSweep & Pick<SweepFacts, 'asking' | 'now'>,
  ports: TaintedSweepPorts,
): Promise<SweepFacts> {
  const state = fleetState(nodes, cluster, enrolment);
  const members = await membersOutside(state.fleet, cluster, ports);
  const { fleet, outside = [] } = withOutside(state.fleet, cluster, members);
  const running = await ports.running.names();
  const groups = [...state.groups, ...outside];
  return { ...state, fleet, groups, asking, members, running, home: ports.home, now };
}

/** Members of other groups among the nodes that are to be drained although no enrolled group has them. */
async function membersOutside(
  { strays }: Fleet,
  cluster: ClusterSettings,
  { groups }: TaintedSweepPorts,
): Promise<readonly Member[]> {
  const instances = strays.filter((node) => isLeftOutside(node, cluster)).flatMap(({ instance }) => instance ?? []);
  return instances.length === 0 ? [] : await groups.members(instances);
}

/** Reports nodes whose taint is ignored: whoever put it on waits for a drain that does not come. */
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
