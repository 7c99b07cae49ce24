/**
 * What Auto Scaling says that an instance was launched from is enough to mark its node, and not to end it: of those that
 * are about to go, EC2 is asked as well. Emulators of AWS are known to tell the template's default version of all.
 */
import type { PlacedNode } from '../../core/disruption/fleet.ts';
import type { Launches } from '../ports/ec2.ts';

/**
 * @param byOrigin images by instance, of those of which EC2 was not asked
 * @returns names of the groups in which an origin does not tell the truth
 */
export async function mistakenGroups(
  going: readonly PlacedNode[],
  byOrigin: ReadonlyMap<string, string>,
  launches: Pick<Launches, 'launched'>,
): Promise<ReadonlySet<string>> {
  const believed = going.filter(({ member }) => byOrigin.has(member.instance));
  if (believed.length === 0) return new Set();
  const launched = await launches.launched(believed.map(({ member }) => member.instance));
  const mistaken = believed.filter(({ member: { instance } }) => {
    const image = byOrigin.get(instance);
    return (launched.get(instance)?.image ?? image) !== image;
  });
  return new Set(mistaken.map(({ group }) => group.name));
}
