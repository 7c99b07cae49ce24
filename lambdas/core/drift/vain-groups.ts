/** Vain groups: a replacement would have drifted too, by its launch source or its warm pool (contract 9.1). Pure. */
import type { Group, GroupMember, LaunchPlan, LaunchSource } from '../aws/group.ts';
import { isPooled } from '../aws/lifecycle-state.ts';
import { openQuestions, type Answers, type Undecided } from '../disruption/questions.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { Judged } from './decision.ts';
import { compareOrigin, imageByOrigin, nameOfSource, sourceOf } from './launch-source.ts';

type Plans = ReadonlyMap<string, LaunchPlan>;

/** Returns why replacing would be in vain, by group; the first of several reasons. */
export function vainGroups(
  judged: readonly Judged[],
  plans: Plans,
  drift: DriftSettings,
  answers: Answers,
): ReadonlyMap<string, string> | Undecided {
  const images = drift.ami || drift.kubelet ? pooledImages(judged, plans, answers) : new Map<string, string>();
  if ('asks' in images) return images;
  const pools = new Map(
    driftedGroups(judged).map((group) => {
      const plan = plans.get(group.name);
      return [group.name, plan && oldPool(group, plan, images)];
    }),
  );
  const stops = judged.flatMap(({ placed: { group }, verdict }): [string, string][] => {
    const reason = verdict.kind === 'stops' ? verdict.reason : undefined;
    const vain = verdict.kind === 'drifted' ? pools.get(group.name) : reason;
    return vain === undefined ? [] : [[group.name, vain]];
  });
  return new Map(stops.toReversed());
}

function driftedGroups(judged: readonly Judged[]): readonly Group[] {
  return [...new Set(judged.flatMap(({ placed, verdict }) => (verdict.kind === 'drifted' ? [placed.group] : [])))];
}

/** Returns the images of instances in the warm pools of groups with drifted nodes, by instance. */
function pooledImages(
  judged: readonly Judged[],
  plans: Plans,
  answers: Answers,
): ReadonlyMap<string, string> | Undecided {
  const pooled = driftedGroups(judged).flatMap(({ name, members }) =>
    members
      .filter(({ state }) => isPooled(state))
      .map((member) => {
        const plan = plans.get(name);
        return { instance: member.instance, image: member.image ?? (plan && imageByOrigin(member, plan)) };
      }),
  );
  const instances = pooled.filter(({ image }) => image === undefined).map(({ instance }) => instance);
  const open = openQuestions({ instances }, answers);
  if (open !== undefined) return open;
  return new Map(
    pooled.flatMap(({ instance, image = answers.launched.get(instance)?.image }) =>
      image === undefined ? [] : [[instance, image] as const],
    ),
  );
}

/**
 * Says why replacing would be in vain; undefined when the warm pool has no old instance. Replacements come out of the
 * warm pool first, and only an instance refresh renews the instances in it.
 *
 * @param images images by instance, where they are known and count
 */
function oldPool({ members }: Group, plan: LaunchPlan, images: ReadonlyMap<string, string>): string | undefined {
  for (const member of members.filter(({ state }) => isPooled(state))) {
    const { instance } = member;
    const old = oldOrigin(member, sourceOf(plan, member), images.get(instance));
    if (old !== undefined) return `its warm pool would replace them by ${old} (${instance}): start an instance refresh`;
  }
  return undefined;
}

/** Describes what is old about the instance. The same source may launch another image by now, by an SSM parameter. */
function oldOrigin(member: GroupMember, source: LaunchSource, image = source.image): string | undefined {
  const { launchedFrom } = member;
  if (launchedFrom !== undefined && compareOrigin(member, source) === 'other') {
    return `what was launched from ${nameOfSource(launchedFrom)}`;
  }
  return image === source.image ? undefined : `what runs ${image}`;
}
