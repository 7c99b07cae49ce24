/** IAM actions of finding out whether traffic is shifted away from a zone (contract 9.8). All of them only read. */
import { ZONAL_SHIFT_ACTIONS } from '../../lambdas/adapters/arc/zonal-shifts.ts';
import { SERVING_ACTIONS } from '../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

/** Returns none if no cluster waits for zonal shifts. None of them can be limited to a resource. */
export function zonalShiftActions({ clusters }: Pick<Configuration, 'clusters'>): readonly string[] {
  return clusters.some(({ waitForZonalShift }) => waitForZonalShift)
    ? [...ZONAL_SHIFT_ACTIONS, ...SERVING_ACTIONS]
    : [];
}

/** As above, for a function that only asks when AWS recommends to rebalance: that is off by default. */
export function rebalanceActions({ clusters }: Pick<Configuration, 'clusters'>): readonly string[] {
  return zonalShiftActions({ clusters: clusters.filter(({ notices }) => notices.rebalance) });
}
