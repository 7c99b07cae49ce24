/** What the server refuses to store (422). The checks that a client of nodes, pods and budgets can meet, not all. */
import type { Budget, KubeObject, Node, Pod } from './objects.ts';
import type { Resource } from './resources.ts';
import { type Cause, invalid } from './status.ts';

const NAME = /^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** All annotations of an object together, from ValidateAnnotationsSize. */
const ANNOTATION_BYTES = 262_144;

/** Throws the 422 with every fault found. */
export function validate(resource: Resource, object: KubeObject): void {
  const causes = [...metadataFaults(object), ...(FAULTS[object.kind]?.(object) ?? [])];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
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
    ...(NAME.test(name) && name.length <= 253 ? [] : [fault('metadata.name', name, 'a lowercase RFC 1123 subdomain')]),
    ...Object.keys(labels).filter(isNoName).map(badKey('metadata.labels')),
    ...Object.values(labels).filter(isNoLabelValue).map(badLabelValue),
    ...Object.keys(annotations).filter(isNoName).map(badKey('metadata.annotations')),
    ...(size > ANNOTATION_BYTES ? [TOO_LONG] : []),
  ];
}

function taintFaults({ spec }: Node): Cause[] {
  const taints = spec.taints ?? [];
  const seen = taints.map(({ key, effect }) => `${key}:${effect}`);
  return taints.flatMap(({ key, value, effect }, at) => [
    ...(isNoName(key) ? [fault(`spec.taints[${at}].key`, key, 'a qualified name')] : []),
    ...(isNoLabelValue(value ?? '') ? [fault(`spec.taints[${at}].value`, value ?? '', 'a valid label value')] : []),
    ...(EFFECTS.includes(effect) ? [] : [unsupported(`spec.taints[${at}].effect`, effect)]),
    ...(seen.indexOf(`${key}:${effect}`) < at ? [duplicate(`spec.taints[${at}]`)] : []),
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
  return (key) => fault(field, key, 'a qualified name');
}

function badLabelValue(value: string): Cause {
  return fault('metadata.labels', value, 'a valid label value');
}

function fault(field: string, value: string, wanted: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: "${value}": must be ${wanted}`, field };
}

function unsupported(field: string, value: string): Cause {
  const supported = EFFECTS.map((effect) => `"${effect}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

function duplicate(field: string): Cause {
  return { reason: 'FieldValueDuplicate', message: 'Duplicate value', field };
}

const TOO_LONG: Cause = {
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${ANNOTATION_BYTES} bytes`,
  field: 'metadata.annotations',
};
