/** Amazon Application Recovery Controller (ARC). */
import type { ManagedResource } from '../../core/aws/zonal-shift.ts';

export interface ZonalShifts {
  /**
   * Everything of the account and region that ARC may shift, as it was at most half a minute ago. `refused`: AWS does not
   * let us ask, or has no ARC in this region, which lasts until a person acts.
   *
   * @throws when AWS fails, throttles or does not answer, after the usual tries
   */
  read(): Promise<ShiftReading>;
}

export type ShiftReading =
  | { readonly kind: 'read'; readonly resources: readonly ManagedResource[] }
  | { readonly kind: 'refused'; readonly reason: string };
