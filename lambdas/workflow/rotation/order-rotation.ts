/**
 * Makes the order of a rotation from its request (contract 10.1, 10.3). The same request goes on from where it was ended,
 * because it keeps the time from which nodes count as new.
 */
import { rotationId, type RotationOrder } from '../../core/rotation/rotation-order.ts';
import type { RotationRequest } from '../../core/rotation/rotation-request.ts';
import type { RotationHistory } from '../ports/rotation.ts';

/** @returns `faults`: why the rotation cannot begin, each with its field */
export async function orderRotation(
  request: RotationRequest,
  { history }: { readonly history: Pick<RotationHistory, 'last'> },
): Promise<{ readonly order: RotationOrder } | { readonly faults: readonly string[] }> {
  const last = await history.last(request.cluster);
  if (last?.isRunning === true) {
    return { faults: [`cluster: rotation ${last.order.id} of ${request.cluster} runs: stop it, or wait for its end`] };
  }
  const at = Date.now();
  const goesOn = last !== undefined && isUnfinished(last.result) && isSame(request, last.order.request);
  const since = goesOn ? last.order.since : at;
  // A dry run plans what the real one would do, and is no part of it.
  const id = goesOn && !request.dryRun ? last.order.id : rotationId(request, since);
  return { order: { id, since, at, part: 1, request } };
}

/** A run that AWS ended, or that failed, has no result. */
function isUnfinished(result: string | undefined): boolean {
  return result === undefined || result === 'failed' || result === 'stopped';
}

function isSame(one: RotationRequest, other: RotationRequest): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(request: RotationRequest): unknown[] {
  return Object.entries({ ...request, dryRun: false }).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
