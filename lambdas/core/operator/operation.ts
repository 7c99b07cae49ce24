/**
 * What a person or a program may ask of the operator: by HTTP, or by invoking the function with this JSON (contract 10.6).
 * The requests within are checked by the use cases, which name all their faults.
 */
import * as z from 'zod/mini';
import { oneOf, text } from '../settings/fields.ts';

const rotation = text(/^[A-Za-z0-9_-]{1,60}$/, 'the id of a rotation, as the answer to its request has it');
const request = z.optional(z.unknown());

export const ACTIONS = ['rotate', 'retire', 'status', 'pause', 'resume', 'stop', 'node'] as const;

const actionWords = `must have an action: ${ACTIONS.join(', ')}`;

export const operationSchema = z.discriminatedUnion(
  'action',
  [
    /** Begin a rotation (rotation-request.ts). */
    z.strictObject({ action: z.literal('rotate'), request }),
    /** Begin the retirement of one node (node-request.ts). */
    z.strictObject({ action: z.literal('retire'), request }),
    /** How far a rotation is. */
    z.strictObject({ action: z.literal('status'), rotation }),
    z.strictObject({ action: oneOf(['pause', 'resume', 'stop']), rotation }),
    /** What Ebb does with a node. */
    z.strictObject({
      action: z.literal('node'),
      node: text(/^[a-z0-9][-a-z0-9.]{0,252}$/, 'the name of a node such as ip-10-0-1-23.ec2.internal'),
      /** @default the only configured cluster that has it */
      cluster: z.optional(
        text(/^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/, 'the name of a configured cluster such as production'),
      ),
    }),
  ],
  actionWords,
);

export type Operation = Readonly<z.output<typeof operationSchema>>;
export type Action = Operation['action'];

/** Whether the operation changes anything. The others are not reported: whoever follows a rotation asks often. */
export function isChange({ action }: Operation): boolean {
  return action !== 'status' && action !== 'node';
}
