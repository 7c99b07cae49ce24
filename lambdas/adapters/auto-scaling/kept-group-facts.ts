/**
 * What Auto Scaling says of a group, kept for a moment: instances of one group leave together, and all calls of an account
 * share one rate. Whether an instance waits is always asked anew.
 */
import type { Lifecycle } from '../../workflow/ports/auto-scaling.ts';
import { keptFor } from '../aws/kept-answers.ts';

/** Long enough for a storm, too short for anybody to wait for a change of tags or hooks. */
const KEPT_MS = 10_000;

export function keepingGroupFacts(lifecycle: Lifecycle): Lifecycle {
  const hook = keptFor(KEPT_MS, (key) => {
    const [group = '', name = ''] = key.split('\n');
    return lifecycle.hook(group, name);
  });
  return {
    ...lifecycle,
    groupTags: keptFor(KEPT_MS, (group) => lifecycle.groupTags(group)),
    // Neither name has a line break.
    hook: (group, name) => hook(`${group}\n${name}`),
  };
}
