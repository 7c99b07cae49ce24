/** Groups that would replace what goes by more of its kind (contract 9.1), and what their warm pools hold. */
import type { DriftSettings } from '../../core/settings/cluster-settings.ts';
import type { Judged } from '../../core/drift/decision.ts';
import { imageByOrigin, oldPool } from '../../core/drift/drift.ts';
import type { LaunchPlan } from '../../core/aws/group.ts';
import { isPooled } from '../../core/aws/lifecycle-state.ts';
import type { Launches } from '../ports/ec2.ts';

type Plans = ReadonlyMap<string, LaunchPlan>;

/** @returns by group, in words; of several reasons the first */
export async function vainGroups(
  judged: readonly Judged[],
  plans: Plans,
  drift: DriftSettings,
  launches: Pick<Launches, 'launched'>,
): Promise<ReadonlyMap<string, string>> {
  const images = drift.ami || drift.kubelet ? await pooledImages(judged, plans, launches) : new Map<string, string>();
  const stops = judged.flatMap(({ placed: { group }, verdict }): [string, string][] => {
    const plan = plans.get(group.name);
    const reason = verdict.kind === 'stops' ? verdict.reason : undefined;
    const vain = verdict.kind === 'drifted' && plan !== undefined ? oldPool(group, plan, images) : reason;
    return vain === undefined ? [] : [[group.name, vain]];
  });
  return new Map(stops.toReversed());
}

/** What instances of the warm pools run out of which drifted nodes would be replaced, by instance. */
async function pooledImages(
  judged: readonly Judged[],
  plans: Plans,
  launches: Pick<Launches, 'launched'>,
): Promise<ReadonlyMap<string, string>> {
  const groups = new Set(judged.flatMap(({ placed, verdict }) => (verdict.kind === 'drifted' ? [placed.group] : [])));
  const pooled = [...groups].flatMap(({ name, members }) =>
    members
      .filter(({ state }) => isPooled(state))
      .map((member) => {
        const plan = plans.get(name);
        return { instance: member.instance, image: member.image ?? (plan && imageByOrigin(member, plan)) };
      }),
  );
  const asked = pooled.filter(({ image }) => image === undefined).map(({ instance }) => instance);
  const launched = asked.length === 0 ? undefined : await launches.launched(asked);
  return new Map(
    pooled.flatMap(({ instance, image = launched?.get(instance)?.image }) =>
      image === undefined ? [] : [[instance, image] as const],
    ),
  );
}
