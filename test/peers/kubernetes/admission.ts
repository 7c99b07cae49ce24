/**
 * What admission plugins change in the objects that clients create. Objects that the world's builders or the
 * controllers make are taken as they are.
 */
import type { Manifest, Node } from './objects.ts';
import { nodes, type Resource } from './resources.ts';

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
