/** What a budget allows, from numbers alone: upstream's disruption controller without its I/O. */
import type { Budget } from '../storage/objects.ts';

/** What the pods of a budget are at the moment. */
export interface Count {
  /** The pods that its selector matches. */
  readonly pods: number;
  /** The sum of the replicas that their controllers want. */
  readonly scale: number;
  /** Ready, not terminating and not given away by an eviction that has not happened yet. */
  readonly healthy: number;
}

export interface Allowance {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  readonly currentHealthy: number;
  readonly disruptionsAllowed: number;
}

/** A plain minAvailable counts pods; percentages and maxUnavailable count the scale. Percentages round up. */
export function allowance({ minAvailable, maxUnavailable }: Budget['spec'], count: Count): Allowance {
  const { expectedPods, desiredHealthy } = wanted(minAvailable, maxUnavailable, count);
  const left = count.healthy - desiredHealthy;
  const disruptionsAllowed = expectedPods > 0 && left > 0 ? left : 0;
  return { expectedPods, desiredHealthy, currentHealthy: count.healthy, disruptionsAllowed };
}

type IntOrPercent = Budget['spec']['minAvailable'];

function wanted(
  minAvailable: IntOrPercent,
  maxUnavailable: IntOrPercent,
  { pods, scale }: Count,
): Pick<Allowance, 'expectedPods' | 'desiredHealthy'> {
  if (maxUnavailable !== undefined)
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaled(maxUnavailable, scale)) };
  if (typeof minAvailable === 'string') return { expectedPods: scale, desiredHealthy: scaled(minAvailable, scale) };
  return { expectedPods: pods, desiredHealthy: minAvailable ?? 0 };
}

function scaled(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number(value.replace('%', '')) * total) / 100);
}
