/** The pods of a node whole, and controllers' own counts of their pods. */
import type { V1Pod } from '@kubernetes/client-node';
import * as z from 'zod/mini';
import { controllerRequest } from '../../core/kubernetes/controller.ts';
import type { FleetView } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { clusterErrorOf, unlessMissing } from './api/status.ts';
import { COLLECTIONS } from './controllers.ts';
import { toPod } from './pods.ts';

/** More pods than any node has. */
const PODS_OF_NODE = '1000';

const controllerSchema = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({ replicas: z._default(z.number(), 1) }),
  // A controller without a Ready pod leaves the number out.
  status: z.optional(z.object({ readyReplicas: z._default(z.number(), 0) })),
});

export function replicas(connection: KubernetesConnection): Pick<FleetView, 'podsOn' | 'replicasOf'> {
  return {
    async podsOn(node) {
      const query = { fieldSelector: `spec.nodeName=${node}`, limit: PODS_OF_NODE };
      try {
        const { items } = (await connection.read('/api/v1/pods', query)) as { readonly items: readonly V1Pod[] };
        return items.map(toPod);
      } catch (error) {
        throw clusterErrorOf(error);
      }
    },
    async replicasOf(owner) {
      const request = controllerRequest(owner);
      if ('unknown' in request) return undefined;
      const { api, plural } = COLLECTIONS[request.kind];
      const found = await unlessMissing(connection.read(pathOf(api, owner.namespace, plural, owner.name)));
      if (found === undefined) return undefined;
      const { metadata, spec, status } = controllerSchema.parse(found);
      // Another has its name now.
      if (metadata.uid !== owner.uid) return undefined;
      return { wanted: spec.replicas, ready: status?.readyReplicas ?? 0 };
    },
  };
}
