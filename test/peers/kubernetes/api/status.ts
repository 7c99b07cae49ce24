/**
 * Answers that are a metav1.Status: the refusals of a real API server, with its words. Named constructors only; nothing
 * else writes these messages. The shapes are pinned to recorded answers (recorded/).
 */
import { qualified, type Resource } from '../storage/resources.ts';

export interface Cause {
  /** A policy gives none. */
  reason?: string;
  message: string;
  field?: string;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: Cause[];
    retryAfterSeconds?: number;
  };
  code?: number;
}

/** A request that ends with a Failure Status. */
export class Refusal extends Error {
  readonly status: Status & { code: number };

  constructor(code: number, part: Partial<Status>) {
    super(part.message ?? String(code));
    this.name = 'Refusal';
    const { metadata = {}, message, reason, details } = part;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }

  /** The headers that go with it: Retry-After where the details have it, nosniff on forbidden ones. */
  get headers(): Record<string, string> {
    const { code, details } = this.status;
    return {
      ...(details?.retryAfterSeconds === undefined ? {} : { 'retry-after': String(details.retryAfterSeconds) }),
      ...(code === 403 && details?.causes === undefined ? { 'x-content-type-options': 'nosniff' } : {}),
    };
  }
}

/** The Success Status. An eviction's carries its code, a deletion's the details of what is gone. */
export function success(code: number | undefined, details?: Status['details']): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
    ...(code === undefined ? {} : { code }),
  };
}

/** The details that name a resource, and an object of it. */
export function named(resource: Resource, name?: string): NonNullable<Status['details']> {
  const group = resource.group === '' ? {} : { group: resource.group };
  return { ...(name === undefined || name === '' ? {} : { name }), ...group, kind: resource.plural };
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, { message, reason: 'BadRequest' });
}

export function notFound(resource: Resource, name: string): Refusal {
  return new Refusal(404, {
    message: `${qualified(resource)} "${name}" not found`,
    reason: 'NotFound',
    details: named(resource, name),
  });
}

/** A path below a served group version that names nothing; other paths get plain text (server.ts). */
export function noSuchPath(): Refusal {
  return new Refusal(404, {
    message: 'the server could not find the requested resource',
    reason: 'NotFound',
    details: {},
  });
}

export function methodNotAllowed(): Refusal {
  return new Refusal(405, {
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
  });
}

export function notAcceptable(): Refusal {
  return new Refusal(406, {
    message: 'only the following media types are accepted: application/json',
    reason: 'NotAcceptable',
  });
}

export function alreadyExists(resource: Resource, name: string): Refusal {
  return new Refusal(409, {
    message: `${qualified(resource)} "${name}" already exists`,
    reason: 'AlreadyExists',
    details: named(resource, name),
  });
}

/** An update from an old read. */
export function modifiedMeanwhile(resource: Resource, name: string): Refusal {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return new Refusal(409, {
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    reason: 'Conflict',
    details: named(resource, name),
  });
}

/** A precondition of a deletion that does not hold; the server names the kind here, not the resource (recorded). */
export function failedPrecondition(
  { group, kind }: Resource,
  name: string,
  { field, wanted, actual }: { field: 'UID' | 'ResourceVersion'; wanted: string; actual: string },
): Refusal {
  const end = field === 'UID' ? 'deleted and then recreated' : 'modified';
  const why = `the ${field} in the precondition (${wanted}) does not match the ${field} in record (${actual}).`;
  const subject = group === '' ? kind : `${kind}.${group}`;
  return new Refusal(409, {
    message: `Operation cannot be fulfilled on ${subject} "${name}": ${why} The object might have been ${end}`,
    reason: 'Conflict',
    details: { name, ...(group === '' ? {} : { group }), kind },
  });
}

/** A version that the history no longer reaches. */
export function expiredVersion(version: number, oldest: number): Refusal {
  return new Refusal(410, {
    message: `too old resource version: ${version} (${oldest})`,
    reason: 'Expired',
  });
}

/** A continue token past its time; `fresh` continues from the same place in the present state. */
export function expiredContinue(fresh: string): Refusal {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
    'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
    'deleted between the time the first chunk was returned and now may show up in the list.';
  return new Refusal(410, { metadata: { continue: fresh }, message, reason: 'Expired' });
}

/** Options of a request that do not validate; `kind` is `CreateOptions`, `DeleteOptions`, `ListOptions`, ... */
export function invalidOptions(kind: string, cause: Cause): Refusal {
  const subject = { group: 'meta.k8s.io', kind };
  const message = `${kind}.meta.k8s.io "" is invalid: ${cause.field ?? ''}: ${cause.message}`;
  return new Refusal(422, { message, reason: 'Invalid', details: { ...subject, causes: [cause] } });
}

/** Of a body; the peer reads the first of these alone. */
export function unsupportedBody(): Refusal {
  const list = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  return new Refusal(415, {
    message: `the body of the request was in an unknown format - accepted media types include: ${list}`,
    reason: 'UnsupportedMediaType',
  });
}

/** Of a patch: another filter, and other words. */
export function unsupportedPatch(): Refusal {
  return new Refusal(415, { message: '415: Unsupported Media Type', reason: 'UnsupportedMediaType', details: {} });
}

/** Every cause is counted as often as the server found it, and told once. */
export function invalid({ group, kind }: Resource, name: string, causes: Cause[]): Refusal {
  const subject = group === '' ? kind : `${kind}.${group}`;
  const faults = [...new Set(causes.map(({ field, message }) => `${field ?? ''}: ${message}`))];
  const list = faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`;
  return new Refusal(422, {
    message: `${subject} "${name}" is invalid: ${list}`,
    reason: 'Invalid',
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind, causes },
  });
}

/** A JSON patch that can be read but not applied, such as one whose `test` fails. */
export function unappliablePatch(): Refusal {
  return new Refusal(422, {
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
  });
}

/** `cause` names the budget; `retryAfterSeconds` only while the budget is not yet processed (recorded). */
export function overBudget(cause: string, retryAfterSeconds?: number): Refusal {
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new Refusal(429, {
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: 'TooManyRequests',
    details: { causes: [{ reason: 'DisruptionBudget', message: cause }], ...retry },
  });
}

export function severalBudgets(): Refusal {
  return new Refusal(500, {
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  });
}

export function futureVersion(version: number, current: number): Refusal {
  return new Refusal(504, {
    message: `Timeout: Too large resource version: ${version}, current: ${current}`,
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
