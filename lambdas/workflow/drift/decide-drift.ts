/** Which nodes of a cluster have drifted, and what becomes of each (contract 9.1, 9.3, 9.4); nothing is changed. */
import { ailingReplacements } from '../../core/disruption/stop-conditions.ts';
import { drainTaint } from '../../core/node/drain-taints.ts';
import {
  decisionsOf,
  decisionBeforeQueue,
  withCurrentImage,
  type Decision,
  type Drifted,
  type Judged,
} from '../../core/drift/decision.ts';
import type { FleetNode, PlacedNode } from '../../core/disruption/fleet.ts';
import { isCoolingDown } from '../../core/node/cool-down.ts';
import type { Allowances } from '../../core/disruption/allowance.ts';
import { stuckGroups, groupStatuses, type GroupStatus } from '../../core/disruption/group-status.ts';
import { queueFleet, type FleetState, type QueuePorts } from '../disruption/disruption-queue.ts';
import { judgeFleet, type FleetVerdicts, type JudgePorts } from './judge-fleet.ts';
import { mistakenGroups } from './mistaken-origins.ts';
import type { FleetView } from '../ports/kubernetes.ts';

export interface DecidePorts extends QueuePorts, JudgePorts {
  readonly launches: JudgePorts['launches'];
  readonly view: Pick<FleetView, 'countPods'>;
}

export interface DecidedDrift {
  readonly judged: readonly Judged[];
  readonly drifted: readonly Drifted[];
  /** By node, of those that have drifted. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly allowances: Allowances;
  readonly statuses: readonly GroupStatus[];
}

/**
 * What Auto Scaling says of origins is believed until somebody is to go for it. If EC2 does not confirm it then, EC2 is
 * asked of that whole group, and all is decided anew.
 *
 * @param placed nodes that are nobody else's to replace
 * @param mistaken names of groups of which EC2 is asked altogether
 */
export async function decideDrift(
  placed: readonly PlacedNode[],
  state: FleetState,
  ports: DecidePorts,
  mistaken: ReadonlySet<string> = new Set(),
): Promise<DecidedDrift> {
  const verdicts = await judgeOwn(placed, state, ports, mistaken);
  const decided = await decide(verdicts, state, ports);
  const going = placed.filter(({ node }) => decided.decisions.get(node.name)?.decision === 'goes now');
  const others = await mistakenGroups(going, verdicts.byOrigin, ports.launches);
  if (others.size === 0) return decided;
  return await decideDrift(placed, state, ports, new Set([...mistaken, ...others]));
}

/** Of nodes of other clusters' groups nothing is told, and nothing changed. */
async function judgeOwn(
  placed: readonly PlacedNode[],
  { cluster, foreign }: Pick<FleetState, 'cluster' | 'foreign'>,
  ports: JudgePorts,
  mistaken: ReadonlySet<string>,
): Promise<FleetVerdicts> {
  const own = placed.filter(({ group }) => !foreign.has(group.name));
  const verdicts = await judgeFleet(own, cluster, ports, mistaken);
  const here = new Set(placed.map(({ group }) => group.name));
  const alone = [...foreign].filter(([name]) => here.has(name));
  return { ...verdicts, unknown: new Map([...verdicts.unknown, ...alone]) };
}

async function decide(
  { judged, unknown, vain }: FleetVerdicts,
  state: FleetState,
  ports: DecidePorts,
): Promise<DecidedDrift> {
  const now = Date.now();
  // One that rests goes nowhere for now, so it takes nobody's place; whose turn it is then, the sweep decides.
  const isUnavailable = (node: FleetNode): boolean =>
    drainTaint(node, state.cluster) !== undefined && !isCoolingDown(node, now);
  const drifted = judged.flatMap(({ placed, verdict }): Drifted[] =>
    verdict.kind === 'drifted' ? [{ placed, reasons: verdict.reasons }] : [],
  );
  const candidates = drifted
    .map(({ placed }) => placed)
    .filter((placed) => decisionBeforeQueue(placed, { isUnavailable, allowance: undefined }) === undefined);
  const { drift } = state.cluster;
  const ailing = ailingReplacements(withCurrentImage(judged, drift), { ...drift, now });
  const untold = new Map([...unknown, ...vain]);
  const stopped = new Map([...ailing, ...untold]);
  const { allowances, ...queue } = await queueFleet(
    candidates,
    state,
    { cause: 'drift', isUnavailable, stopped },
    ports,
  );
  const statuses = withUntold(groupStatuses(queue, allowances, now), untold);
  const told = new Set([...statuses, ...queue.now].map(({ group }) => group));
  const toGo = drifted.map(({ placed }) => placed).filter(({ node }) => !isUnavailable(node));
  return {
    judged,
    drifted,
    decisions: decisionsOf(drifted, { queue, allowances, isUnavailable }),
    allowances,
    statuses: [...statuses, ...stuckGroups(toGo, told, { ...drift, now })],
  };
}

/** Groups of which it cannot be told whether a node in them would go, or that would replace it in vain, are stopped too. */
function withUntold(statuses: readonly GroupStatus[], untold: ReadonlyMap<string, string>): readonly GroupStatus[] {
  return [
    ...[...untold].map(([group, reason]): GroupStatus => ({ kind: 'stopped', group, reason })),
    ...statuses.filter(({ group }) => !untold.has(group)),
  ];
}
