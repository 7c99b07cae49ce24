/**
 * Admission: what plugins change in the objects that clients create, and who denies a request. Objects that the world's
 * builders or the controllers make are taken as they are.
 */
import { deniedByPolicy, deniedByWebhook, forbidden } from '../access/access-refusals.ts';
import type { Manifest, Node } from '../storage/objects.ts';
import { nodes, type Resource } from '../storage/resources.ts';
import type { Refusal } from '../api/status.ts';

/** Who denies, and in what words. */
export type Denial =
  /** `code`: any of the webhook's own choice. @default 400 */
  | { readonly by: 'webhook'; readonly name: string; readonly message: string; readonly code?: number }
  /** A ValidatingAdmissionPolicy, by a binding of the same name. */
  | { readonly by: 'policy'; readonly name: string; readonly message: string }
  /** A plugin of the API server's own, such as a quota: a 403 that is no lack of rights. */
  | { readonly by: 'plugin'; readonly message: string };

/** The refusal of a request about that object. */
export function refusalOf(denial: Denial, resource: Resource, name: string): Refusal {
  switch (denial.by) {
    case 'webhook':
      return deniedByWebhook(denial.name, denial.message, denial.code);
    case 'policy':
      return deniedByPolicy(resource, name, denial);
    case 'plugin':
      return forbidden(resource, name, denial.message);
  }
}

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** The object as it goes on to validation. */
export function admitted(resource: Resource, manifest: Manifest): Manifest {
  return resource === (nodes as Resource) ? notReadyYet(manifest) : manifest;
}

/** TaintNodesByCondition: a new node takes no pods until the node lifecycle controller has seen it Ready. */
function notReadyYet(manifest: Manifest): Manifest {
  const spec = (manifest.spec ?? {}) as Node['spec'];
  const taints = spec.taints ?? [];
  const there = taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect);
  return there ? manifest : { ...manifest, spec: { ...spec, taints: [...taints, NOT_READY] } };
}
