/** Label and field selectors, as query text and as the LabelSelector of an object. */
import type { KubeObject, LabelSelector } from '../storage/objects.ts';
import { badRequest } from './status.ts';

export type Predicate = (object: KubeObject) => boolean;
type Labels = Record<string, string>;

const always: Predicate = () => true;

/** The predicate of a `labelSelector` query: `a=b,c!=d,e in (f,g),!h,i`. Throws a 400 when it cannot be parsed. */
export function labelPredicate(text: string | undefined): Predicate {
  if (text === undefined || text.trim() === '') return always;
  const requirements = splitOutsideParentheses(text).map(parseRequirement);
  return ({ metadata }) => requirements.every((requirement) => requirement(metadata.labels ?? {}));
}

/**
 * The predicate of a LabelSelector in an object. An empty one matches everything; an absent one nothing (policy/v1).
 */
export function matches(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false;
  const expressions = selector.matchExpressions ?? [];
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    expressions.every(({ key, operator, values }) => expression(operator, key, values ?? [])(labels))
  );
}

/** The fields that can be selected by, besides name and namespace; from the API reference of each kind. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  ReplicaSet: ['status.replicas'],
  ReplicationController: ['status.replicas'],
  Job: ['status.successful'],
  Service: ['spec.clusterIP', 'spec.type'],
  Event: [
    'involvedObject.kind',
    'involvedObject.name',
    'involvedObject.namespace',
    'involvedObject.uid',
    'reason',
    'type',
  ],
};
const NAMES = ['metadata.name', 'metadata.namespace'];

/** The predicate of a `fieldSelector` query: `spec.nodeName=a,status.phase!=Running`. Throws a 400 for other fields. */
export function fieldPredicate(kind: string, text: string | undefined): Predicate {
  if (text === undefined || text.trim() === '') return always;
  const terms = text.split(',').map((term) => {
    const [, path, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term.trim()) ?? [];
    if (path === undefined || value === undefined)
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    if (![...NAMES, ...(FIELDS[kind] ?? [])].includes(path)) throw badRequest(`field label not supported: ${path}`);
    return { path: path.split('.'), equal: operator !== '!=', value };
  });
  return (object) => terms.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal);
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const term = text.trim();
  const found = parseSet(term) ?? parseEquality(term) ?? parseExistence(term);
  if (found === undefined) throw badRequest(`unable to parse requirement: ${term}`);
  return found;
}

type Requirement = ((labels: Labels) => boolean) | undefined;

function parseSet(term: string): Requirement {
  const [, key, operator, values = ''] = /^(\S+)\s+(in|notin)\s*\((.*)\)$/.exec(term) ?? [];
  if (key === undefined) return undefined;
  return expression(operator === 'in' ? 'In' : 'NotIn', key, values.split(',').map(trim));
}

function parseEquality(term: string): Requirement {
  const [, key, operator, value = ''] = /^([^=!]+?)\s*(==|=|!=)\s*(\S*)$/.exec(term) ?? [];
  return key === undefined ? undefined : expression(operator === '!=' ? 'NotIn' : 'In', key, [value]);
}

function parseExistence(term: string): Requirement {
  const [, not, key] = /^(!?)\s*([A-Za-z0-9][\w./-]*)$/.exec(term) ?? [];
  return key === undefined ? undefined : expression(not === '!' ? 'DoesNotExist' : 'Exists', key, []);
}

function expression(operator: string, key: string, values: readonly string[]): (labels: Labels) => boolean {
  const value = (labels: Labels): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const isIn = (labels: Labels): boolean => values.includes(value(labels) ?? '\0');
  switch (operator) {
    case 'In':
      return isIn;
    case 'NotIn':
      return (labels) => !isIn(labels);
    case 'Exists':
      return (labels) => value(labels) !== undefined;
    case 'DoesNotExist':
      return (labels) => value(labels) === undefined;
    default:
      throw badRequest(`"${operator}" is not a valid label selector operator`);
  }
}

/** The field as text; absent fields are empty, as the real field labels are. */
function fieldText(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const field of path) value = (value as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function trim(text: string): string {
  return text.trim();
}
