/** What is on a node that we may have put there, as it stands in the cluster. */
import { RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import { coolDownOf } from '../../../lambdas/core/node/cool-down.ts';
import type { Rehearsal } from '../retirement/rehearsal.ts';

export function marksOf(rehearsal: Rehearsal, name: string) {
  const { metadata, spec } = rehearsal.node(name);
  const { labels = {}, annotations = {} } = metadata;
  return {
    cordoned: spec.unschedulable ?? false,
    taints: (spec.taints ?? []).map(({ key }) => key).filter((key) => key !== 'node.kubernetes.io/unschedulable'),
    retiring: RETIRING_LABEL in labels,
    ownership: ownershipOf({ annotations }),
    coolDown: coolDownOf({ annotations }),
  };
}

export const UNMARKED = { cordoned: false, taints: [], retiring: false, ownership: undefined, coolDown: undefined };
