/** Refusals for what somebody may not do: not authenticated, without the right, or against an admission's will. */
import { qualified, type Resource } from '../storage/resources.ts';
import { named, Refusal } from '../api/status.ts';

export function unauthorized(): Refusal {
  return new Refusal(401, { message: 'Unauthorized', reason: 'Unauthorized' });
}

/** `why` is what follows the colon: the user's missing right, or an admission's objection. */
export function forbidden(resource: Resource, name: string, why: string): Refusal {
  const subject = name === '' ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new Refusal(403, {
    message: `${subject} is forbidden: ${why}`,
    reason: 'Forbidden',
    details: named(resource, name),
  });
}

export function forbiddenPath(why: string): Refusal {
  return new Refusal(403, { message: `forbidden: ${why}`, reason: 'Forbidden', details: {} });
}

/** `resource` is `users` or `groups`, which are no objects. */
export function forbiddenImpersonation(resource: string, name: string, username: string): Refusal {
  const why = `User "${username}" cannot impersonate resource "${resource}" in API group "" at the cluster scope`;
  return new Refusal(403, {
    message: `${resource} "${name}" is forbidden: ${why}`,
    reason: 'Forbidden',
    details: { name, kind: resource },
  });
}

export function impersonationWithoutUser(): Refusal {
  const message = 'Internal error occurred: requested groups without impersonating a user';
  return new Refusal(500, { message, reason: 'InternalError' });
}

export function terminatingNamespace(resource: Resource, name: string, namespace: string): Refusal {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbidden(resource, name, why);
  const message = `namespace ${namespace} is being terminated`;
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  return new Refusal(403, { ...status, details: { ...status.details, causes } });
}

/** A webhook's denial; `code` is the webhook's own, 400 when it gave none. */
export function deniedByWebhook(webhook: string, message: string, code = 400): Refusal {
  const reason = code === 403 ? { reason: 'Forbidden' } : {};
  return new Refusal(code, { message: `admission webhook "${webhook}" denied the request: ${message}`, ...reason });
}

/** A ValidatingAdmissionPolicy's denial: says forbidden, and is a 422 (recorded). */
export function deniedByPolicy(
  resource: Resource,
  object: string,
  { name, message }: { name: string; message: string },
): Refusal {
  const why = `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: ${message}`;
  const { status } = forbidden(resource, object, why);
  const details = { ...named(resource, object), causes: [{ message: why }] };
  return new Refusal(422, { ...status, reason: 'Invalid', details });
}
