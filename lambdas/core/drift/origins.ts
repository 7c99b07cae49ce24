/**
 * Origins of instances: what they were launched from, as Auto Scaling returns it. An origin is enough to mark a node,
 * but EC2 must confirm it before the node goes: emulators of AWS return the template's default version for all. Pure.
 */
import type { LaunchPlan } from '../aws/group.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import { openQuestions, type Answers, type Undecided } from '../disruption/questions.ts';
import type { Decision, Drifted } from './decision.ts';
import { imageByOrigin } from './launch-source.ts';

/**
 * Returns images by instance, by their origins. Groups in which EC2 contradicts an origin are left out: EC2 must be
 * asked about each of their nodes.
 *
 * @param launched EC2's answers so far
 */
export function imagesByOrigin(
  placed: readonly PlacedNode[],
  plans: ReadonlyMap<string, LaunchPlan>,
  launched: Answers['launched'],
): ReadonlyMap<string, string> {
  const told = placed.flatMap(({ group, member }) => {
    const plan = plans.get(group.name);
    const image = plan && imageByOrigin(member, plan);
    return image === undefined ? [] : [{ group: group.name, instance: member.instance, image }];
  });
  const isMistaken = ({ instance, image }: { instance: string; image: string }): boolean =>
    (launched.get(instance)?.image ?? image) !== image;
  const mistaken = new Set(told.filter(isMistaken).map(({ group }) => group));
  return new Map(
    told.flatMap(({ group, instance, image }) => (mistaken.has(group) ? [] : [[instance, image] as const])),
  );
}

/** Returns the open questions to EC2 about instances that go by their origin; undefined when all are confirmed. */
export function unconfirmedOrigins(
  drifted: readonly Drifted[],
  { decisions, byOrigin }: { decisions: ReadonlyMap<string, Decision>; byOrigin: ReadonlyMap<string, string> },
  answers: Answers,
): Undecided | undefined {
  const isGoing = ({ placed: { node } }: Drifted): boolean => decisions.get(node.name)?.decision === 'goes now';
  const going = drifted.filter(isGoing).map(({ placed }) => placed.member.instance);
  return openQuestions({ instances: going.filter((instance) => byOrigin.has(instance)) }, answers);
}
