/** What the operator answers: schemas of its answers, from which the API's document is made too (contract 10.6). */
import * as z from 'zod/mini';
import { rotationRequestSchema } from '../rotation/rotation-request.ts';

/** Why nothing was done, or read. `away`: a cluster cannot be reached, or refuses Ebb. */
export interface Refusal {
  readonly kind: 'faulty' | 'unknown' | 'conflict' | 'away';
  /** Each with its field, and what to do. */
  readonly faults: readonly string[];
}

/** A refusal, as whoever invokes the function reads it. */
export interface RefusedInvocation {
  readonly refused: Refusal['kind'];
  readonly faults: readonly string[];
}

export type Outcome<Answer = OperatorAnswer> = { readonly kind: 'done'; readonly answer: Answer } | Refusal;

const time = z.iso.datetime();

/** A rotation that was begun. */
export const acceptedRotationSchema = z.strictObject({
  id: z.string(),
  cluster: z.string(),
  /** Whether it goes on from where the same rotation ended before. */
  goesOn: z.boolean(),
  dryRun: z.boolean(),
});

const namedNodeSchema = z.strictObject({ node: z.string(), reason: z.string() });

const progressSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      group: z.string(),
      way: z.enum(['in place', 'detach', 'surge']),
      done: z.int(),
      inHand: z.int(),
      left: z.int(),
      failed: z.array(namedNodeSchema),
      kept: z.array(namedNodeSchema),
    }),
  ),
  waitingFor: z.optional(z.array(z.string())),
});

export const STATES = ['running', 'paused', 'stopping', 'done', 'failed', 'stopped', 'refused', 'planned'] as const;

export const rotationStatusSchema = z.strictObject({
  id: z.string(),
  cluster: z.string(),
  state: z.enum(STATES),
  /** Why it failed, or was refused. */
  reason: z.optional(z.string()),
  startedAt: time,
  endedAt: z.optional(time),
  /** When it will have ended at its pace so far; absent while nothing says so. */
  expectedEnd: z.optional(time),
  progress: z.optional(progressSchema),
  request: rotationRequestSchema,
});

/** What is wanted of a rotation from now on. */
export const controlledRotationSchema = z.strictObject({
  id: z.string(),
  cluster: z.string(),
  wanted: z.enum(['go', 'pause', 'stop']),
});

export const acceptedRetirementSchema = z.strictObject({
  execution: z.string(),
  node: z.string(),
  instance: z.string(),
  cluster: z.string(),
  /** Absent where the retirement ran already. */
  group: z.optional(z.string()),
  /** Whether it ran before it was asked for. */
  already: z.boolean(),
});

export const nodeStatusSchema = z.strictObject({
  node: z.string(),
  cluster: z.string(),
  instance: z.optional(z.string()),
  group: z.optional(z.string()),
  unschedulable: z.boolean(),
  ready: z.boolean(),
  /** The controller that makes and ends the node by itself: Ebb leaves it alone. */
  owner: z.optional(z.string()),
  /** The retirement that has it in hand, or had: its marks say so. */
  retirement: z.optional(
    z.strictObject({
      execution: z.string(),
      /** Absent where the run has just begun, and has not marked its node yet; so are the times. */
      kind: z.optional(z.string()),
      running: z.boolean(),
      since: z.optional(time),
      deadline: z.optional(time),
      /** Whether it is drained, and left as it is. */
      leftDrained: z.optional(z.boolean()),
    }),
  ),
  /** Labels and annotations of Ebb's, as they are. */
  marks: z.record(z.string(), z.string()),
  coolDown: z.optional(z.strictObject({ until: time, reason: z.string() })),
  /** The last retirement of its instance that has ended. */
  lastRetirement: z.optional(
    z.strictObject({
      execution: z.string(),
      startedAt: time,
      endedAt: time,
      /** Whether its run ended without an error, whatever its result. */
      succeeded: z.boolean(),
      /** What it came to, such as `drained` or `restored`, and why. */
      result: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
});

export type AcceptedRotation = Readonly<z.output<typeof acceptedRotationSchema>>;
export type RotationStatus = Readonly<z.output<typeof rotationStatusSchema>>;
export type ControlledRotation = Readonly<z.output<typeof controlledRotationSchema>>;
export type AcceptedRetirement = Readonly<z.output<typeof acceptedRetirementSchema>>;
export type NodeStatus = Readonly<z.output<typeof nodeStatusSchema>>;
export type OperatorAnswer = AcceptedRotation | RotationStatus | ControlledRotation | AcceptedRetirement | NodeStatus;

export function refusal(kind: Refusal['kind'], ...faults: readonly string[]): Refusal {
  return { kind, faults };
}
