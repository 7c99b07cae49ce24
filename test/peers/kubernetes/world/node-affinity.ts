/** Which nodes a pod wants, and which it would rather have: its nodeSelector and its node affinity. */
import type { Node, Pod } from '../storage/objects.ts';
import { matches } from '../api/selectors.ts';

type Affinity = NonNullable<NonNullable<Pod['spec']['affinity']>['nodeAffinity']>;
type Term = NonNullable<Affinity['preferredDuringSchedulingIgnoredDuringExecution']>[number]['preference'];

/** Whether a pod may go to a node at all: its nodeSelector and one of the required terms match. */
export function isWanted({ spec }: Pod, node: Node): boolean {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    matches({ matchLabels: spec.nodeSelector ?? {} }, node.metadata.labels) &&
    (terms?.some((term) => matchesTerm(term, node)) ?? true)
  );
}

/** How much a pod would rather have a node: the weights of the preferences that match. */
export function preference({ spec }: Pod, node: Node): number {
  const preferences = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferences.filter((each) => matchesTerm(each.preference, node)).reduce((sum, { weight }) => sum + weight, 0);
}

/** All of a term must match; an empty one matches nothing. `metadata.name` is the one field there is. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: Term, { metadata }: Node): boolean {
  return (
    matchExpressions.length + matchFields.length > 0 &&
    matches({ matchExpressions }, metadata.labels) &&
    matches({ matchExpressions: matchFields }, { 'metadata.name': metadata.name })
  );
}
