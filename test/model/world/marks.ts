/** The marks on a node: whose they are, and whether they isolate it. */
import { EXCLUDE_LABEL, RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { TAINT_KEY } from '../../given.ts';

const OWN_MARKS = [RETIREMENT_ANNOTATION, RETIRING_LABEL, EXCLUDE_LABEL, TAINT_KEY];

/** Those that are somebody else's, in words. */
export function foreignMarks({ labels, annotations, taints }: Node): string[] {
  const marks = [
    ...Object.entries(labels).map((label) => `label ${label.join('=')}`),
    ...Object.entries(annotations).map((annotation) => `annotation ${annotation.join('=')}`),
    ...taints.map(({ key, effect }) => `taint ${key}:${effect}`),
  ];
  return marks.filter((mark) => !OWN_MARKS.some((own) => mark.includes(own)));
}

/** Whether it takes no new pods because of us. */
export function isIsolated({ taints, unschedulable }: Node): boolean {
  return unschedulable && taints.some(({ key }) => key === TAINT_KEY);
}
