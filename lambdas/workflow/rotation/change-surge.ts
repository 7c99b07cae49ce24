/** Lets a managed node group have more instances for a batch, and as many as before after it (contract 10.2). */
import type { Group } from '../../core/aws/group.ts';
import { isRefusal } from '../../core/aws/lasting-error.ts';
import { replacementsSince, type Arrivals } from '../../core/rotation/replacement.ts';
import type { Surge } from '../../core/rotation/surge.ts';
import type { Capacity } from '../ports/auto-scaling.ts';

/** @returns what AWS says if it refuses: a person has set other bounds, or has taken a right away */
export async function raise({ group, to }: Surge, capacity: Capacity): Promise<string | undefined> {
  return await refusalOf(() => capacity.setDesired(group, to));
}

/**
 * Takes so many instances away: first those that are not Ready.
 *
 * @returns what AWS says if it refuses
 */
export async function lower(
  { group, unused, at }: { readonly group: Group; readonly unused: number; readonly at: number },
  arrivals: Arrivals,
  capacity: Capacity,
): Promise<string | undefined> {
  const surplus = replacementsSince(group, arrivals, at).slice(0, unused);
  return await refusalOf(async () => {
    for (const instance of surplus) await capacity.shrink(instance);
    if (surplus.length < unused) await capacity.setDesired(group.name, group.desired - unused);
  });
}

async function refusalOf(change: () => Promise<void>): Promise<string | undefined> {
  try {
    await change();
    return undefined;
  } catch (error) {
    if (isRefusal(error)) return error.message;
    throw error;
  }
}
