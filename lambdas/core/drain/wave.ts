/**
 * Waves: ordinary pods go first, system-critical pods when those are gone (contract 4.2). System-critical pods provide
 * DNS, networking or storage to the others, and must outlive them.
 */
import type { Pod } from '../kubernetes/pod.ts';

export type Wave = 'ordinary' | 'system-critical';

/** Priority of system-cluster-critical. Kubernetes reserves higher ones for itself. */
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** Time before the deadline from which all pods go in one wave, because there is no time for two (contract 4.2). */
const SINGLE_WAVE_BELOW_MS = 300_000;

/** Returns when all pods go in one wave, epoch milliseconds. */
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
