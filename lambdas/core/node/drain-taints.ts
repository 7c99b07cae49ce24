/** The taints by which a node asks to be drained (contract 9.5). Pure. */
import { PLAIN_DRAIN_KEY } from './marks.ts';
import type { ClusterSettings, PlainTaint, TaintedSettings, VoluntaryRelease } from '../settings/cluster-settings.ts';
import type { Node, Taint } from '../kubernetes/node.ts';
import type { Notice } from '../notice/notice.ts';

/** Value of the drift tainter's drain taint. A drain taint with another value is a person's or a script's. */
const DRIFT_VALUE = 'drift';

interface Settings {
  readonly drift: { readonly drainTaint: Pick<PlainTaint, 'key'> };
  readonly tainted: Pick<TaintedSettings, 'taints'>;
}

/** The keys of all drain taints. */
export function drainKeys({ drift, tainted }: Settings): readonly string[] {
  return [...new Set([drift.drainTaint.key, PLAIN_DRAIN_KEY, ...tainted.taints.map(({ key }) => key)])];
}

/** Returns what becomes of the instance once its node with the taint of this key is drained. */
export function releaseFor(key: string, { tainted }: Pick<ClusterSettings, 'tainted'>): VoluntaryRelease {
  return tainted.taints.find((taint) => taint.key === key)?.release ?? tainted.release;
}

/** The key of the node's drain taint; undefined when it has none. */
export function drainTaint(node: Pick<Node, 'taints'>, settings: Settings): string | undefined {
  return keyAmong(node, drainKeys(settings));
}

/** Whether all drain taints of the node are the drift tainter's. */
export function isAskedByDriftAlone({ taints }: Pick<Node, 'taints'>, settings: Settings): boolean {
  const keys = drainKeys(settings);
  const asking = taints.filter((taint) => asksForDrain(taint, keys));
  return asking.every(({ key, value }) => key === settings.drift.drainTaint.key && value === DRIFT_VALUE);
}

/** The drain taint that the drift tainter sets. */
export function driftDrainTaint({ key, effect }: PlainTaint): Taint {
  return { key, value: DRIFT_VALUE, effect };
}

/** Whether the drift tainter set this taint. Ebb takes no other drain taint off. */
export function isDriftDrain({ key, value, effect }: Taint, drainTaint: PlainTaint): boolean {
  return key === drainTaint.key && value === DRIFT_VALUE && effect === drainTaint.effect;
}

/** The taints without the drift tainter's drain taint. All others stay. */
export function withoutDriftDrain(taints: readonly Taint[], drainTaint: PlainTaint): readonly Taint[] {
  return taints.filter((taint) => !isDriftDrain(taint, drainTaint));
}

/** Whether the taint that the notice is about is still on the node: taking it off ends the drain (contract 9.5). */
export function isAskedFor({ taints }: Pick<Node, 'taints'>, notice: Notice): boolean {
  return notice.kind !== 'tainted' || keyAmong({ taints }, [notice.taint]) !== undefined;
}

/** The first drain taint with one of these keys. Its value does not count; its effect must be NoSchedule. */
function keyAmong({ taints }: Pick<Node, 'taints'>, keys: readonly string[]): string | undefined {
  return taints.find((taint) => asksForDrain(taint, keys))?.key;
}

function asksForDrain({ key, effect }: Taint, keys: readonly string[]): boolean {
  return effect === 'NoSchedule' && keys.includes(key);
}
