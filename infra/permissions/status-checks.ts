import { STATUS_ACTIONS } from '../../lambdas/adapters/ec2/scheduled-changes.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

/** Returns the actions by which status checks are read (contract 1.2); none where no cluster names a check. */
export function statusCheckActions({ clusters }: Pick<Configuration, 'clusters'>): readonly string[] {
  return clusters.some(({ drift }) => drift.enabled && drift.statusChecks.length > 0) ? STATUS_ACTIONS : [];
}
