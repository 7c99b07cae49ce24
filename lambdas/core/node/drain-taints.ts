/** The taints by which a node asks to be drained (contract 9.5). Pure. */
import { PLAIN_DRAIN_KEY } from './marks.ts';
import type { ClusterSettings, PlainTaint, TaintedSettings, VoluntaryRelease } from '../settings/cluster-settings.ts';
import type { Node, Taint } from '../kubernetes/node.ts';
import type { Notice } from '../notice/notice.ts';

/** By this value a drain taint is the drift tainter's: any other is a person's or a script's. */
const DRIFT_VALUE = 'drift';

interface Settings {
  readonly drift: { readonly drainTaint: Pick<PlainTaint, 'key'> };
  readonly tainted: Pick<TaintedSettings, 'taints'>;
}

/** The keys of the taints that are drained. */
export function drainKeys({ drift, tainted }: Settings): readonly string[] {
  return [...new Set([drift.drainTaint.key, PLAIN_DRAIN_KEY, ...tainted.taints.map(({ key }) => key)])];
}

/** What becomes of the instance of a node that bears the taint of this key, once it is drained. */
export function releaseFor(key: string, { tainted }: Pick<ClusterSettings, 'tainted'>): VoluntaryRelease {
  return tainted.taints.find((taint) => taint.key === key)?.release ?? tainted.release;
}

/** The taint by which the node asks to be drained; undefined when it does not. */
export function drainTaint(node: Pick<Node, 'taints'>, settings: Settings): string | undefined {
  return keyAmong(node, drainKeys(settings));
}

/** Whether nobody but the drift tainter asks for its drain. */
export function isAskedByDriftAlone({ taints }: Pick<Node, 'taints'>, settings: Settings): boolean {
  const keys = drainKeys(settings);
  const asking = taints.filter((taint) => asksForDrain(taint, keys));
  return asking.every(({ key, value }) => key === settings.drift.drainTaint.key && value === DRIFT_VALUE);
}

/** The taint by which the drift tainter lets a node go. */
export function driftDrainTaint({ key, effect }: PlainTaint): Taint {
  return { key, value: DRIFT_VALUE, effect };
}

/** Whether it was the drift tainter that put it on: only then it is ours to take off. */
export function isDriftDrain({ key, value, effect }: Taint, drainTaint: PlainTaint): boolean {
  return key === drainTaint.key && value === DRIFT_VALUE && effect === drainTaint.effect;
}

/** The taints of a node that the drift tainter lets go no more; everybody else's stay. */
export function withoutDriftDrain(taints: readonly Taint[], drainTaint: PlainTaint): readonly Taint[] {
  return taints.filter((taint) => !isDriftDrain(taint, drainTaint));
}

/** Whether the node still bears what the notice is about: a taint that is taken away ends its drain (contract 9.5). */
export function isAskedFor({ taints }: Pick<Node, 'taints'>, notice: Notice): boolean {
  return notice.kind !== 'tainted' || keyAmong({ taints }, [notice.taint]) !== undefined;
}

/** Whatever its value: only with effect NoSchedule a taint asks for a drain. */
function keyAmong({ taints }: Pick<Node, 'taints'>, keys: readonly string[]): string | undefined {
  return taints.find((taint) => asksForDrain(taint, keys))?.key;
}

function asksForDrain({ key, effect }: Taint, keys: readonly string[]): boolean {
  return effect === 'NoSchedule' && keys.includes(key);
}
