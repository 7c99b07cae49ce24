/** Ailing groups: a node with the newest image is not Ready, so nothing more is replaced (contract 9.4). Pure. */
import { IN_SERVICE } from '../aws/lifecycle-state.ts';
import type { PlacedNode } from '../disruption/fleet.ts';
import { mendingOf, minutesOf } from '../disruption/stop-conditions.ts';
import type { DriftSettings } from '../settings/cluster-settings.ts';
import type { Judged } from './decision.ts';

/**
 * Returns groups with a node that runs the image that they would launch, and that has not been Ready for too long. By
 * name, in words, with the first of several nodes. Whether the node was ever Ready does not count: a dead kubelet does
 * not tell.
 *
 * @param now epoch milliseconds
 */
export function ailingGroups(
  judged: readonly Judged[],
  drift: DriftSettings,
  now: number,
): ReadonlyMap<string, string> {
  const latest = now - drift.replacementTimeoutSeconds * 1_000;
  const ailing = withCurrentImage(judged, drift).flatMap(({ node, member, group }): [string, string][] => {
    const { name, retiring, notReadySince: since } = node;
    if (retiring || member.state !== IN_SERVICE || since === undefined || since >= latest) return [];
    const what = `its node ${name} runs the image that it would launch now and has not been Ready for ${minutesOf(now - since)} min`;
    return [[group.name, `${what}: ${mendingOf(member.instance)}`]];
  });
  return new Map(ailing.toReversed());
}

/** Returns the nodes that run the image that their group would launch now; none when images do not count. */
function withCurrentImage(judged: readonly Judged[], { enabled, ami }: DriftSettings): PlacedNode[] {
  if (!enabled || !ami) return [];
  return judged.flatMap(({ placed, verdict }) => {
    const isOther = verdict.kind === 'drifted' && verdict.reasons.some(({ kind }) => kind === 'ami');
    return isOther || verdict.kind === 'stops' ? [] : [placed];
  });
}
