/** Asks the budgets of a cluster whether a node may go that EC2 recommends to rebalance (contract 1.2, 9.3). */
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import { fleetState } from '../../core/disruption/fleet-state.ts';
import { decideRecommended, type RecommendedFacts } from '../../core/interruption/recommended-node.ts';
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Fleets, FleetView } from '../ports/kubernetes.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import { decideAsking, type QuestionPorts } from './decide-asking.ts';
import { readFleetNodes } from './read-nodes.ts';
import type { ShiftPorts } from './read-zonal-shift.ts';

export interface BudgetPorts extends ShiftPorts {
  /** What budgets depend on, besides what a retirement asks anyway. */
  readonly budgets: Pick<QuestionPorts, 'changes' | 'launches'> & {
    readonly groups: Pick<Groups, 'enrolled'>;
    readonly fleets: Fleets;
  };
  readonly running: Pick<RunningRetirements, 'started'>;
}

/** The instance that is to go, and the retirement that asks. */
export type Asked = Pick<RecommendedFacts, 'instance' | 'execution' | 'home'>;

/**
 * @param cluster with all of its groups
 * @returns why the node may not go now; undefined when it may
 */
export async function whyNotNow(
  asked: Asked,
  cluster: ClusterSettings,
  ports: BudgetPorts,
): Promise<string | undefined> {
  try {
    const view = await ports.budgets.fleets.open(cluster);
    const facts = await readFacts(asked, cluster, view, ports);
    const decide = decideAsking((answers) => decideRecommended(facts, answers), { ...ports, ...ports.budgets, view });
    const decided = await decide;
    return decided.decision === 'goes now' ? undefined : decided.why;
  } catch (error) {
    // What cannot be counted allows nothing. The recommendation is no reason to wait for the cluster, or to fail.
    if (error instanceof ClusterError) return `the budgets of ${cluster.name} cannot be counted: ${error.message}`;
    throw error;
  }
}

async function readFacts(
  asked: Asked,
  cluster: ClusterSettings,
  view: Pick<FleetView, 'allNodes'>,
  { budgets, running }: BudgetPorts,
): Promise<RecommendedFacts> {
  const names = cluster.groups.map(({ name }) => name);
  const tag = { tag: MANAGED_TAG, value: managedValue(asked.home.installation) };
  const groups = await budgets.groups.enrolled({ names, ...tag });
  const nodes = await readFleetNodes(view, cluster);
  const state = fleetState(nodes, cluster, { clusters: [cluster], groups });
  return { ...state, ...asked, running: await running.started(), now: Date.now() };
}
