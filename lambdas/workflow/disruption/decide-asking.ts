/**
 * Asks only what a decision depends on: EC2 about instances, EKS and Auto Scaling about changes of groups, EKS about
 * repairs of nodes, the cluster about pods, ARC about zonal shifts. The decision itself is pure and names its open questions
 * (core/disruption/questions.ts).
 */
import pMap from 'p-map';
import { NO_ANSWERS, type Answers, type Questions, type Undecided } from '../../core/disruption/questions.ts';
import type { Group } from '../../core/aws/group.ts';
import type { GroupChanges } from '../ports/auto-scaling.ts';
import type { Launches } from '../ports/ec2.ts';
import type { FleetView } from '../ports/kubernetes.ts';
import { readZonalShift, type ShiftPorts } from './read-zonal-shift.ts';

export interface QuestionPorts extends ShiftPorts {
  readonly changes: GroupChanges;
  readonly launches: Pick<Launches, 'launched'>;
  readonly view: Pick<FleetView, 'countPods'>;
}

/** How many questions of one kind are asked at once. */
const AT_ONCE = 5;

/**
 * Repeats the decision until it has no open question. It ends because no question is asked twice.
 *
 * @param decide pure; returns the same for the same answers
 */
export async function decideAsking<Decision extends object>(
  decide: (answers: Answers) => Decision | Undecided,
  ports: QuestionPorts,
): Promise<Decision> {
  let answers = NO_ANSWERS;
  for (;;) {
    const decision = decide(answers);
    if (!('asks' in decision)) return decision;
    answers = merged(answers, await answersTo(decision.asks, ports));
  }
}

async function answersTo(
  { groups, instances, nodes, repaired, shifts }: Questions,
  ports: QuestionPorts,
): Promise<Answers> {
  const { changes, launches, view } = ports;
  const concurrency = { concurrency: AT_ONCE };
  const changed = await pMap(
    groups,
    async (group) => [group.name, await underWay(group, changes)] as const,
    concurrency,
  );
  const launched = instances.length === 0 ? undefined : await launches.launched(instances);
  const pods = await pMap(nodes, async (name) => [name, await view.countPods(name)] as const, concurrency);
  const repairs = await pMap(
    repaired,
    async (group) => [group.name, await areRepaired(group, changes)] as const,
    concurrency,
  );
  const shifted = await pMap(
    shifts,
    async (scope) => [scope.cluster, await readZonalShift(scope, ports)] as const,
    concurrency,
  );
  return {
    changes: new Map(changed),
    launched: new Map(instances.map((instance) => [instance, launched?.get(instance)])),
    pods: new Map(pods),
    repairs: new Map(repairs),
    shifts: new Map(shifted),
  };
}

/** Asks who changes a group. A failure counts as a change: it stops that group alone. */
function underWay(group: Group, changes: GroupChanges): Promise<string | undefined> {
  return changes
    .underWay(group)
    .catch((error: unknown) => `it is unknown whether somebody changes it: ${String(error)}`);
}

/** Asks whether EKS repairs the nodes of a group. A failure stops that group alone. */
function areRepaired(group: Group, changes: GroupChanges): Promise<boolean | { readonly fault: string }> {
  return changes
    .repairs(group)
    .catch((error: unknown) => ({ fault: `it is unknown whether EKS repairs its nodes: ${String(error)}` }));
}

function merged(one: Answers, other: Answers): Answers {
  return {
    changes: new Map([...one.changes, ...other.changes]),
    launched: new Map([...one.launched, ...other.launched]),
    pods: new Map([...one.pods, ...other.pods]),
    repairs: new Map([...one.repairs, ...other.repairs]),
    shifts: new Map([...one.shifts, ...other.shifts]),
  };
}
