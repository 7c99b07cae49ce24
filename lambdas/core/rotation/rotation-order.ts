/** The order of a rotation: the payload of its durable run. A later part of a long rotation has the same but for its number. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { bearerOf, type Home } from '../aws/installation.ts';
import { rotationMemorySchema } from './rotation-memory.ts';
import { rotationRequestSchema, type RotationRequest } from './rotation-request.ts';

export const rotationOrderSchema = z.strictObject({
  id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,60}$/)),
  /** Nodes that were made before this are replaced, epoch milliseconds. The same rotation, begun anew, keeps it. */
  since: z.int().check(z.positive()),
  /** When this run of the rotation was asked for, epoch milliseconds. */
  at: z.int().check(z.positive()),
  /** 1 for the first. A run takes a bounded number of durable operations (platform 2.4). */
  part: z.int().check(z.positive()),
  request: rotationRequestSchema,
  /** What the part before remembered. */
  memory: z.optional(rotationMemorySchema),
});

export type RotationOrder = Readonly<z.output<typeof rotationOrderSchema>>;

/** Digits of the hashes in an id, and of a cluster's name. */
const HASH_DIGITS = 12;
const CLUSTER_DIGITS = 8;

/** The id of a rotation of the cluster that begins then. The same request at the same time has the same id. */
export function rotationId(request: RotationRequest, since: number): string {
  return createHash('sha256')
    .update(JSON.stringify([request, since]))
    .digest('hex')
    .slice(0, HASH_DIGITS);
}

/** The prefix of the names of all rotations of a cluster. A cluster's own name may be longer than a run's (contract 1.6). */
export function rotationsOf(cluster: string, home: Home): string {
  const hash = createHash('sha256').update(cluster).digest('hex').slice(0, CLUSTER_DIGITS);
  return `${bearerOf(home)}-rotation-${hash}-`;
}

/** The name of the durable run of a part. */
export function rotationName({ id, at, part, request }: RotationOrder, home: Home): string {
  return `${rotationsOf(request.cluster, home)}${id}-${at.toString(36)}-${part}`;
}

/** Whether the other rotation of the same cluster was asked for first, so that this one gives way. No part of one counts. */
export function isBefore(other: RotationOrder, { id, at }: RotationOrder): boolean {
  return other.at === at ? other.id < id : other.at < at;
}
