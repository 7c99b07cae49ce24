/** Reads of Auto Scaling that wait while AWS throttles them: a verification takes several, and one rate is for all. */
import type { Lifecycle } from '../../workflow/ports/auto-scaling.ts';
import { patiently, type Patience } from '../aws/patience.ts';

/**
 * Two after another, within an invocation of ten minutes. They leave the rate to what is more urgent: heartbeats of those that
 * are further, and the router, which isolates.
 */
const READS: Patience = { firstMs: 5_000, longestMs: 60_000, forMs: 270_000 };

/** Within the time limit of the router: others of its batch wait as long. */
const BATCHED: Patience = { firstMs: 300, longestMs: 1_000, forMs: 10_000 };

/** Memberships alone, which a batch of notices asks for with one call. */
export function insistingOnMemberships(lifecycle: Lifecycle): Lifecycle {
  return { ...lifecycle, membership: (instance) => patiently(BATCHED, () => lifecycle.membership(instance)) };
}

export function readingPatiently(lifecycle: Lifecycle): Lifecycle {
  return {
    ...lifecycle,
    membership: (instance) => patiently(READS, () => lifecycle.membership(instance)),
    groupTags: (group) => patiently(READS, () => lifecycle.groupTags(group)),
    hook: (group, name) => patiently(READS, () => lifecycle.hook(group, name)),
  };
}
