/** Reads of Auto Scaling that wait while AWS throttles them: a verification takes several, and one rate is for all. */
import type { Lifecycle } from '../../workflow/ports/auto-scaling.ts';
import { patiently, type Patience } from '../aws/patience.ts';

/** Within an invocation of ten minutes. */
const READS: Patience = { firstMs: 1_000, longestMs: 20_000, forMs: 240_000 };

export function readingPatiently(lifecycle: Lifecycle): Lifecycle {
  return {
    ...lifecycle,
    membership: (instance) => patiently(READS, () => lifecycle.membership(instance)),
    groupTags: (group) => patiently(READS, () => lifecycle.groupTags(group)),
    hook: (group, name) => patiently(READS, () => lifecycle.hook(group, name)),
  };
}
