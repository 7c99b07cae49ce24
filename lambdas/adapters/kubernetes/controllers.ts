/** Reads the controllers that pods name as their owners. */
import * as z from 'zod/mini';
import {
  controllerFrom,
  controllerRequest,
  type Controller,
  type ControllerAnswer,
  type ReadableKind,
} from '../../core/kubernetes/controller.ts';
import type { Owner } from '../../core/kubernetes/pod.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { pathOf } from './api/path.ts';
import { clusterErrorOf, statusOf } from './api/status.ts';

/** Where controllers of each kind are read. */
export const COLLECTIONS: Readonly<Record<ReadableKind, { readonly api: string; readonly plural: string }>> = {
  ReplicaSet: { api: '/apis/apps/v1/namespaces', plural: 'replicasets' },
  StatefulSet: { api: '/apis/apps/v1/namespaces', plural: 'statefulsets' },
  ReplicationController: { api: '/api/v1/namespaces', plural: 'replicationcontrollers' },
};

const labelsSchema = z.record(z.string(), z.string());

const selectorSchema = z.object({
  matchLabels: z.optional(labelsSchema),
  matchExpressions: z.optional(
    z.array(z.object({ key: z.string(), operator: z.string(), values: z.optional(z.array(z.string())) })),
  ),
});

const metadataSchema = z.object({ uid: z.string() });
const replicasSchema = z._default(z.number(), 1);

const controllerSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ replicas: replicasSchema, selector: selectorSchema }),
});

/** A ReplicationController. Its selector is older than label selectors: labels alone. */
const replicationControllerSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    replicas: replicasSchema,
    selector: z.pipe(
      labelsSchema,
      z.transform((matchLabels) => ({ matchLabels })),
    ),
  }),
});

/** Status codes that concern all objects: the server fails or does not know us. Other refusals concern one object. */
const FAILURES_OF_ALL = new Set([401, 429, 502, 503, 504]);

/**
 * Reads a controller. One that is missing or may not be read is unknown: that concerns its pods alone, and is no
 * failure.
 *
 * @throws ClusterAway, ClusterRefused when nothing can be read at all
 */
export async function readController(connection: KubernetesConnection, owner: Owner): Promise<Controller> {
  const request = controllerRequest(owner);
  if ('unknown' in request) return { owner, ...request };
  const { kind } = request;
  const { api, plural } = COLLECTIONS[kind];
  try {
    const answer = await connection.read(pathOf(api, owner.namespace, plural, owner.name));
    return controllerFrom(owner, answerFrom(answer, kind));
  } catch (error) {
    return controllerFrom(owner, refusalFrom(error));
  }
}

function answerFrom(answer: unknown, kind: ReadableKind): ControllerAnswer {
  const { data } =
    kind === 'ReplicationController'
      ? replicationControllerSchema.safeParse(answer)
      : controllerSchema.safeParse(answer);
  return data === undefined
    ? { refused: 'the answer is no controller' }
    : { found: { uid: data.metadata.uid, ...data.spec } };
}

function refusalFrom(error: unknown): ControllerAnswer {
  const status = statusOf(error);
  if (status === undefined || FAILURES_OF_ALL.has(status.code)) throw clusterErrorOf(error);
  return status.code === 404 ? { missing: true } : { refused: status.message };
}
