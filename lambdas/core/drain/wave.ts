/**
 * Waves: ordinary pods go first, system-critical ones when those are gone (contract 4.2), because what serves DNS,
 * networking or storage to the others must outlive them.
 */
import type { Pod } from '../kubernetes/pod.ts';

export type Wave = 'ordinary' | 'system-critical';

/** The priority of system-cluster-critical; Kubernetes reserves what lies above for itself. */
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** With less time than this to the deadline the order matters less than the start: one wave (contract 4.2). */
const SINGLE_WAVE_BELOW_MS = 300_000;

/** When the order of the waves gives way, epoch milliseconds. */
export function singleWaveFrom(deadline: number): number {
  return deadline - SINGLE_WAVE_BELOW_MS;
}

export function waveOf(pod: Pod): Wave {
  return pod.priority >= SYSTEM_CRITICAL_PRIORITY ? 'system-critical' : 'ordinary';
}

/**
 * Whether the system-critical pods may go now.
 *
 * @param ordinaryLeft how many ordinary pods are still to go
 * @param criticalForcePoint the earliest force point among the critical pods, epoch milliseconds
 */
export function criticalWaveBegins(
  ordinaryLeft: number,
  criticalForcePoint: number,
  { now, deadline }: { now: number; deadline: number },
): boolean {
  return ordinaryLeft === 0 || now >= criticalForcePoint || now > singleWaveFrom(deadline);
}
