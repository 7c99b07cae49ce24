/**
 * The operator's routes: how each request becomes an operation, and what answers it (contract 10.6). The API's document is
 * made of this table too (infra/operator/open-api.ts).
 */
import type * as z from 'zod/mini';
import * as answers from '../../core/operator/outcome.ts';
import { namedNodeRequestSchema } from '../../core/rotation/node-request.ts';
import { rotationRequestSchema } from '../../core/rotation/rotation-request.ts';
import {
  rotatorDrainEchoSchema,
  rotatorDrainSchema,
  rotatorRotationEchoSchema,
  rotatorRotationSchema,
  translateDrain,
  translateRotation,
  type Translated,
} from '../../core/rotation/rotator-request.ts';
import type { Faulty } from '../../core/settings/request-faults.ts';

export interface OperatorRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  /** Names of the parameters that the query may have, each with its meaning. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /** @default there is none */
  readonly body?: z.ZodMiniObject;
  readonly answer: z.ZodMiniObject;
  /** Status of the answer when it is done. */
  readonly status: 200 | 202;
  readonly read: (given: Given) => Reading | Faulty;
}

/** What a request has. Nothing of it is checked. */
export interface Given {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Reading {
  /** Not checked. */
  readonly operation: unknown;
  /** The request was rotator's, which is answered in its names. */
  readonly translated?: Translated;
}

const control = (action: 'pause' | 'resume' | 'stop', summary: string): OperatorRoute => ({
  method: 'POST',
  path: `/rotations/{id}/${action}`,
  summary,
  answer: answers.controlledRotationSchema,
  status: 200,
  read: ({ path }) => ({ operation: { action, rotation: path.id } }),
});

export const ROUTES: readonly OperatorRoute[] = [
  {
    method: 'POST',
    path: '/rotations',
    summary: 'Begin a rotation, or go on with one that has ended before it was done.',
    body: rotationRequestSchema,
    answer: answers.acceptedRotationSchema,
    status: 202,
    read: ({ body }) => ({ operation: { action: 'rotate', request: body } }),
  },
  {
    method: 'GET',
    path: '/rotations/{id}',
    summary: 'How far a rotation is, or how it ended.',
    answer: answers.rotationStatusSchema,
    status: 200,
    read: ({ path }) => ({ operation: { action: 'status', rotation: path.id } }),
  },
  control('pause', 'Begin no further batch, until the rotation is resumed.'),
  control('resume', 'Go on with a rotation that is paused.'),
  control('stop', 'End a rotation once the nodes that it has in hand are done.'),
  {
    method: 'POST',
    path: '/nodes/{name}/retirement',
    summary: 'Retire one node.',
    body: namedNodeRequestSchema,
    answer: answers.acceptedRetirementSchema,
    status: 202,
    read: readRetirement,
  },
  {
    method: 'GET',
    path: '/nodes/{name}',
    summary: 'What Ebb does with a node.',
    query: { cluster: 'The cluster that has the node. Left out: the only configured cluster that has it.' },
    answer: answers.nodeStatusSchema,
    status: 200,
    read: ({ path, query }) => ({ operation: { action: 'node', node: path.name, ...query } }),
  },
  {
    method: 'POST',
    path: '/api/rotate',
    summary: 'Begin a rotation, as mattermost/rotator takes it.',
    body: rotatorRotationSchema,
    answer: rotatorRotationEchoSchema,
    status: 202,
    read: ({ body }) => readTranslated('rotate', translateRotation(body)),
  },
  {
    method: 'POST',
    path: '/api/drain',
    summary: 'Drain one node, as mattermost/rotator takes it.',
    body: rotatorDrainSchema,
    answer: rotatorDrainEchoSchema,
    status: 202,
    read: ({ body }) => readTranslated('retire', translateDrain(body)),
  },
];

function readRetirement({ path, body }: Given): Reading | Faulty {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { operation: { action: 'retire', request: body } };
  }
  if ('node' in body || 'instance' in body) {
    return { faults: ['node, instance: the path names the node: leave both out of the body'] };
  }
  return { operation: { action: 'retire', request: { ...body, node: path.name } } };
}

function readTranslated(action: 'rotate' | 'retire', translated: Translated | Faulty): Reading | Faulty {
  return 'faults' in translated ? translated : { operation: { action, request: translated.request }, translated };
}
