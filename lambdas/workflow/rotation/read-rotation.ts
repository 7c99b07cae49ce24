/** Reads what decides the next step of a rotation: the cluster as it is, and what its retirements do. */
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import type { Group } from '../../core/aws/group.ts';
import { fleetState } from '../../core/disruption/fleet-state.ts';
import { decideDrift } from '../../core/drift/decide-drift.ts';
import { comparedGroups, type ClusterFacts } from '../../core/drift/facts.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import { instanceOf } from '../../core/kubernetes/node.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { RETIRING_LABEL } from '../../core/node/marks.ts';
import { executionsOf, type Home } from '../../core/notice/notice.ts';
import { raisedAlarms } from '../../core/rotation/alarm-gate.ts';
import type { StepFacts } from '../../core/rotation/next-step.ts';
import type { RotationMemory } from '../../core/rotation/rotation-memory.ts';
import type { RotationOrder } from '../../core/rotation/rotation-order.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { decideAsking, type QuestionPorts } from '../disruption/decide-asking.ts';
import { readFleetNodes } from '../disruption/read-nodes.ts';
import { readFacts, type FactPorts } from '../drift/read-facts.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Alarms } from '../ports/cloudwatch.ts';
import type { Fleets } from '../ports/kubernetes.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import type { RotationControls } from '../ports/rotation.ts';
import type { Settings } from '../ports/settings.ts';
import { configured } from './configured-clusters.ts';
import { readArrivals } from './read-arrivals.ts';
import { readAwaited } from './read-moved.ts';

export interface ReadPorts extends FactPorts, Omit<QuestionPorts, 'view' | 'launches'> {
  readonly launches: FactPorts['launches'] & QuestionPorts['launches'];
  readonly settings: Settings;
  readonly groups: Groups;
  readonly fleets: Fleets;
  readonly running: Pick<RunningRetirements, 'names'>;
  readonly controls: RotationControls;
  readonly alarms: Alarms;
  readonly home: Home;
}

/**
 * @returns undefined when the cluster is not configured
 * @throws ClusterAway, ClusterRefused
 */
export async function readRotation(
  order: RotationOrder,
  memory: RotationMemory,
  ports: ReadPorts,
): Promise<StepFacts | undefined> {
  const { request, since, at } = order;
  const clusters = await configured(ports.settings);
  const cluster = clusters.find(({ name }) => name === request.cluster);
  if (cluster === undefined) return undefined;
  const names = clusters.flatMap(({ groups }) => groups.map(({ name }) => name));
  const tag = { tag: MANAGED_TAG, value: managedValue(ports.home.installation) };
  const groups = await ports.groups.enrolled({ names, ...tag });
  const view = await ports.fleets.open(cluster);
  const retiring: Node[] = [];
  const nodes = await readFleetNodes(view, cluster, (page) => {
    retiring.push(...page.filter(({ labels }) => RETIRING_LABEL in labels));
  });
  const state = fleetState(nodes, cluster, { clusters, groups });
  // Read after the nodes: a retirement that has just begun has not marked its node yet.
  const running = await ports.running.names();
  const drifted =
    request.only === 'drifted' ? await driftedNodes(cluster, { clusters, groups }, ports) : new Set<string>();
  const inHand = underWay(groups, retiring, running, ports.home);
  return {
    ...state,
    request,
    since,
    startedAt: at,
    now: Date.now(),
    underWay: inHand,
    drifted,
    memory,
    arrivals: await readArrivals(groups, nodes, ports.launches),
    // Asked between batches alone: until then pods are still leaving.
    awaited: inHand.size > 0 ? [] : await readAwaited(memory.moved ?? [], view),
    raised: inHand.size > 0 ? [] : await readRaised(request.alarmNames, ports),
    control: await ports.controls.wanted(order.id),
  };
}

async function readRaised(names: readonly string[], { alarms }: Pick<ReadPorts, 'alarms'>): Promise<readonly string[]> {
  return names.length === 0 ? [] : raisedAlarms(names, await alarms.named(names));
}

/** Instances that a retirement has in hand, each with its group: by the node's owner, or by a run that has just begun. */
function underWay(
  groups: readonly Group[],
  retiring: readonly Node[],
  running: readonly string[],
  home: Home,
): ReadonlyMap<string, string> {
  const now = Date.now();
  const runs = (instance: string): boolean =>
    running.some((name) => name.startsWith(executionsOf({ ...home, instance })));
  const owned = retiring.flatMap((node): [string, string][] => {
    const instance = instanceOf(node);
    const owner = credibleOwnership(node, now);
    return instance !== undefined && owner?.group !== undefined && runs(instance) ? [[instance, owner.group]] : [];
  });
  const begun = groups
    .flatMap(({ members }) => members)
    .flatMap(({ instance, group }): [string, string][] => (runs(instance) ? [[instance, group]] : []));
  return new Map([...begun, ...owned]);
}

async function driftedNodes(
  cluster: ClusterSettings,
  enrolment: { readonly clusters: readonly ClusterSettings[]; readonly groups: readonly Group[] },
  ports: ReadPorts,
): Promise<ReadonlySet<string>> {
  const view = await ports.fleets.open(cluster);
  const facts: ClusterFacts = await readFacts(cluster, enrolment, view, ports);
  if (comparedGroups(facts).length === 0) return new Set();
  const { drifted } = await decideAsking((answers) => decideDrift(facts, answers), { view, ...ports });
  return new Set(drifted.map(({ placed }) => placed.node.name));
}
