/** Writes label selectors for a query. */
import type { Selector, SelectorRequirement } from '../../../core/kubernetes/selector.ts';

/** Longest query, characters. Servers and proxies cut off long request lines, some of them at 8 KB. */
const LONGEST_QUERY = 4_000;

/** Undefined when a query cannot express the selector: callers then ask for all and match themselves. */
export function labelSelector({ matchLabels = {}, matchExpressions = [] }: Selector): string | undefined {
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(requirement),
  ];
  if (!parts.every((part) => part !== undefined)) return undefined;
  const query = parts.join(',');
  return encodeURIComponent(query).length > LONGEST_QUERY ? undefined : query;
}

/** Undefined for an unknown operator. */
function requirement({ key, operator, values = [] }: SelectorRequirement): string | undefined {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'In':
    case 'NotIn':
      return `${key} ${operator.toLowerCase()} (${values.join()})`;
    default:
      return undefined;
  }
}
