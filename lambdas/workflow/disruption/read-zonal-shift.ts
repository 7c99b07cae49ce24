/**
 * Finds out whether traffic of a cluster is shifted away from a zone, so that nothing voluntary may begin (contract 9.8).
 * ARC is asked first: while nothing is shifted, which is nearly always, load balancers are asked nothing.
 */
import {
  shiftedBalancers,
  shiftedOf,
  shiftedResources,
  shiftWords,
  type ShiftScope,
} from '../../core/aws/zonal-shift.ts';
import { shiftsUnread } from '../../core/events/fleet-events.ts';
import type { ZonalShifts } from '../ports/arc.ts';
import type { Journal } from '../ports/journal.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';

export interface ShiftPorts {
  readonly zonalShifts: ZonalShifts;
  readonly balancing: Pick<LoadBalancing, 'serving'>;
  readonly journal: Journal;
}

/** Remedy for what should pass by itself: ARC is asked again at the next look. */
const IF_IT_LASTS =
  'if that lasts, see that the function reaches arc-zonal-shift in its network, or set waitForZonalShift to false';

/**
 * Says why nothing voluntary may begin; undefined when it may. A refusal lasts, so it is reported and holds nothing: else
 * nothing would ever begin. A failure passes, and counts as a shift: when a zone fails, other things fail too.
 */
export async function readZonalShift(scope: ShiftScope, ports: ShiftPorts): Promise<string | undefined> {
  try {
    return await shiftWithin(scope, ports);
  } catch (error) {
    return `it is unknown whether traffic is shifted away from a zone: ${String(error)}; ${IF_IT_LASTS}`;
  }
}

async function shiftWithin(
  scope: ShiftScope,
  { zonalShifts, balancing, journal }: ShiftPorts,
): Promise<string | undefined> {
  const reading = await zonalShifts.read();
  if (reading.kind === 'refused') {
    journal.report(shiftsUnread({ cluster: scope.cluster, reason: reading.reason }));
    return undefined;
  }
  const shifted = shiftedResources(reading.resources, Date.now());
  const own = shiftedOf(scope, shifted);
  if (own !== undefined) return shiftWords(own);
  const balancers = shiftedBalancers(shifted);
  if (balancers.length === 0) return undefined;
  const serving = new Set(
    await balancing.serving(
      scope,
      balancers.map(({ arn }) => arn),
    ),
  );
  const first = balancers.find(({ arn }) => serving.has(arn));
  return first && shiftWords(first);
}
