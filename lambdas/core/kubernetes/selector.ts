/** Kubernetes label selectors, matched locally against a pod's labels. */
export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly SelectorRequirement[];
}

export interface SelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/**
 * Whether the labels satisfy the selector, by the rules of the API's LabelSelector: all requirements hold, an empty
 * selector matches everything, an absent one nothing. Undefined when Ebb does not know an operator, so that the caller
 * asks the server instead of guessing (contract 4.4).
 */
export function matchesSelector(
  selector: Selector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean | undefined {
  if (selector === undefined) return false;
  const answers = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => labels[key] === value),
    ...(selector.matchExpressions ?? []).map((requirement) => meets(requirement, labels)),
  ];
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function meets(
  { key, operator, values = [] }: SelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean | undefined {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return undefined;
  }
}
