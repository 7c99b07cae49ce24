/** What the server refuses to store (422). The checks that a client of nodes, pods and budgets can meet, not all. */
import type { Budget, KubeObject, Node, Pod, Taint } from './objects.ts';
import type { Resource } from './resources.ts';
import { type Cause, invalid } from '../api/status.ts';

const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** The server's rules, in its words. */
const A_SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const A_LABEL =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const A_NAME =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
/** All annotations of an object together, from ValidateAnnotationsSize. */
const ANNOTATION_BYTES = 262_144;

/** How often the server looks at a part of an object. */
export interface Passes {
  readonly metadata: number;
  readonly spec: number;
}

/** Throws the 422 with every fault found, as often as it is found. */
export function validate(resource: Resource, object: KubeObject, passes: Passes = { metadata: 1, spec: 1 }): void {
  const causes = [
    ...times(passes.metadata, metadataFaults(object)),
    ...times(passes.spec, FAULTS[object.kind]?.(object) ?? []),
  ];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
}

function times(count: number, causes: Cause[]): Cause[] {
  return Array.from({ length: count }, () => causes).flat();
}

const FAULTS: Readonly<Record<string, (object: KubeObject) => Cause[]>> = {
  Node: (object) => taintFaults(object as Node),
  Pod: (object) => podFaults(object as Pod),
  PodDisruptionBudget: (object) => budgetFaults(object as Budget),
};

function metadataFaults({ metadata }: KubeObject): Cause[] {
  const { name, labels = {}, annotations = {} } = metadata;
  const size = Buffer.byteLength(Object.entries(annotations).flat().join(''));
  return [
    ...(NAME.test(name) && name.length <= 253 ? [] : [fault('metadata.name', name, A_SUBDOMAIN)]),
    ...Object.keys(labels).filter(isNoName).map(badKey('metadata.labels')),
    ...Object.values(labels).filter(isNoLabelValue).map(badLabelValue),
    ...Object.keys(annotations).filter(isNoName).map(badKey('metadata.annotations')),
    ...(size > ANNOTATION_BYTES ? [tooLong()] : []),
  ];
}

function taintFaults({ spec }: Node): Cause[] {
  const taints = spec.taints ?? [];
  const seen = taints.map(({ key, effect }) => `${key}:${effect}`);
  return taints.flatMap(({ key, value, effect }, at) => [
    ...(isNoName(key) ? [fault(`metadata.taints[${at}].key`, key, A_NAME)] : []),
    ...(isNoLabelValue(value ?? '') ? [fault(`metadata.taints[${at}].value`, value ?? '', A_LABEL)] : []),
    ...(EFFECTS.includes(effect) ? [] : [unsupported(`metadata.taints[${at}].effect`, effect)]),
    ...(seen.indexOf(`${key}:${effect}`) < at ? [duplicate(`metadata.taints[${at}]`, { key, value, effect })] : []),
  ]);
}

function podFaults({ spec }: Pod): Cause[] {
  const containers = (spec as Partial<Pod['spec']>).containers ?? [];
  return containers.length > 0
    ? []
    : [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers' }];
}

function budgetFaults({ spec }: Budget): Cause[] {
  if (spec.minAvailable === undefined || spec.maxUnavailable === undefined) return [];
  const message = 'Invalid value: minAvailable and maxUnavailable cannot be both set';
  return [{ reason: 'FieldValueInvalid', message, field: 'spec' }];
}

function isNoName(text: string): boolean {
  const name = text.split('/').at(-1) ?? '';
  return !QUALIFIED_NAME.test(text) || name.length > 63;
}

function isNoLabelValue(text: string): boolean {
  return !LABEL_VALUE.test(text) || text.length > 63;
}

function badKey(field: string): (key: string) => Cause {
  return (key) => fault(field, key, A_NAME);
}

function badLabelValue(value: string): Cause {
  return fault('metadata.labels', value, A_LABEL);
}

function fault(field: string, value: string, rule: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: "${value}": ${rule}`, field };
}

function unsupported(field: string, value: string): Cause {
  const supported = EFFECTS.map((effect) => `"${effect}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

/** The taint as Go's own JSON of it. */
function duplicate(field: string, { key, value = '', effect }: Pick<Taint, 'key' | 'value' | 'effect'>): Cause {
  const taint = JSON.stringify({ Key: key, Value: value, Effect: effect, TimeAdded: null });
  const message = `Duplicate value: ${taint}: taints must be unique by key and effect pair`;
  return { reason: 'FieldValueDuplicate', message, field };
}

function tooLong(): Cause {
  const message = `Too long: may not be more than ${ANNOTATION_BYTES} bytes`;
  return { reason: 'FieldValueTooLong', message, field: 'metadata.annotations' };
}
