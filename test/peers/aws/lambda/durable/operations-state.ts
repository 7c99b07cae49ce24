/** The operations of one durable execution, and how a checkpoint's updates change them. */
import { z } from 'zod';
import { AwsError } from '../../wire/aws-error.ts';

export const errorSchema = z.object({
  ErrorMessage: z.string().optional(),
  ErrorType: z.string().optional(),
  ErrorData: z.string().optional(),
  StackTrace: z.array(z.string()).optional(),
});
export type ErrorObject = z.infer<typeof errorSchema>;

export const updateSchema = z.object({
  Id: z.string().min(1).max(64),
  ParentId: z.string().optional(),
  Name: z.string().max(256).optional(),
  Type: z.enum(['EXECUTION', 'CONTEXT', 'STEP', 'WAIT', 'CALLBACK', 'CHAINED_INVOKE']),
  SubType: z.string().optional(),
  Action: z.enum(['START', 'SUCCEED', 'FAIL', 'RETRY', 'CANCEL']),
  Payload: z.string().optional(),
  Error: errorSchema.optional(),
  ContextOptions: z.object({ ReplayChildren: z.boolean().optional() }).optional(),
  StepOptions: z.object({ NextAttemptDelaySeconds: z.number().int().optional() }).optional(),
  WaitOptions: z.object({ WaitSeconds: z.number().int().min(1).max(31_622_400).optional() }).optional(),
  CallbackOptions: z
    .object({ TimeoutSeconds: z.number().int().optional(), HeartbeatTimeoutSeconds: z.number().int().optional() })
    .optional(),
});
export type Update = z.infer<typeof updateSchema>;

export type OperationStatus =
  'STARTED' | 'PENDING' | 'READY' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'STOPPED';

/** An operation as the service keeps it; timestamps are Dates until they are sent. */
export interface DurableOperation {
  readonly Id: string;
  readonly ParentId?: string | undefined;
  readonly Name?: string | undefined;
  readonly Type: Update['Type'];
  readonly SubType?: string | undefined;
  readonly StartTimestamp: Date;
  EndTimestamp?: Date;
  Status: OperationStatus;
  ExecutionDetails?: { InputPayload: string };
  ContextDetails?: {
    ReplayChildren?: boolean | undefined;
    Result?: string | undefined;
    Error?: ErrorObject | undefined;
  };
  StepDetails?: {
    Attempt?: number;
    NextAttemptTimestamp?: Date | undefined;
    Result?: string | undefined;
    Error?: ErrorObject | undefined;
  };
  WaitDetails?: { ScheduledEndTimestamp?: Date };
  CallbackDetails?: { CallbackId: string; Result?: string | undefined; Error?: ErrorObject | undefined };
}

const ENDED: readonly OperationStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'STOPPED'];

export function hasEnded(operation: DurableOperation): boolean {
  return ENDED.includes(operation.Status);
}

/** Which status an operation must have for an action; `none` stands for one that does not exist yet. */
const ALLOWED: Readonly<Record<string, readonly (OperationStatus | 'none')[]>> = {
  'CONTEXT START': ['none'],
  'CONTEXT SUCCEED': ['none', 'STARTED'],
  'CONTEXT FAIL': ['none', 'STARTED'],
  'STEP START': ['none', 'READY'],
  'STEP SUCCEED': ['none', 'STARTED', 'READY'],
  'STEP FAIL': ['none', 'STARTED', 'READY'],
  'STEP RETRY': ['none', 'STARTED', 'READY'],
  'WAIT START': ['none'],
  'WAIT CANCEL': ['STARTED'],
  'CALLBACK START': ['none'],
  'CALLBACK CANCEL': ['STARTED'],
};

/** @throws AwsError InvalidParameterValueException when the update does not fit the operation's state. */
export function checkUpdate(update: Update, existing: DurableOperation | undefined): void {
  const allowed = ALLOWED[`${update.Type} ${update.Action}`];
  if (allowed === undefined) throw invalid('Invalid action for the given operation type.');
  if (!allowed.includes(existing?.Status ?? 'none'))
    throw invalid(`Invalid current ${update.Type} state to ${update.Action.toLowerCase()}.`);
  const fault = faultOf(update);
  if (fault !== undefined) throw invalid(fault);
}

function faultOf(update: Update): string | undefined {
  const { Action, Payload, Error: error, StepOptions } = update;
  if (Action === 'FAIL' && Payload !== undefined) return 'Cannot provide a Payload for FAIL action.';
  if (Action === 'SUCCEED' && error !== undefined) return 'Cannot provide an Error for SUCCEED action.';
  if (Action === 'RETRY' && StepOptions === undefined) return 'Invalid StepOptions for the given action.';
  if (Buffer.byteLength(Payload ?? '') <= MAX_PAYLOAD) return undefined;
  return `${update.Type} output payload size must be less than or equal to ${MAX_PAYLOAD} bytes.`;
}

const MAX_PAYLOAD = 262_144;

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** The operation after the update; the one before is left as it is. */
export function applyUpdate(update: Update, existing: DurableOperation | undefined, now: Date): DurableOperation {
  const operation: DurableOperation = existing === undefined ? begin(update, now) : { ...existing };
  switch (update.Action) {
    case 'START':
      operation.Status = 'STARTED';
      break;
    case 'SUCCEED':
    case 'FAIL':
      operation.Status = update.Action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED';
      operation.EndTimestamp = now;
      break;
    case 'CANCEL':
      operation.Status = 'CANCELLED';
      operation.EndTimestamp = now;
      break;
    case 'RETRY':
      operation.Status = 'PENDING';
      break;
  }
  return withDetails(operation, update, now);
}

function begin(update: Update, now: Date): DurableOperation {
  const { Id, ParentId, Name, Type, SubType } = update;
  return { Id, ParentId, Name, Type, SubType, StartTimestamp: now, Status: 'STARTED' };
}

function withDetails(operation: DurableOperation, update: Update, now: Date): DurableOperation {
  switch (update.Type) {
    case 'STEP':
      return { ...operation, StepDetails: stepDetails(operation, update, now) };
    case 'CONTEXT':
      return { ...operation, ContextDetails: contextDetails(operation, update) };
    case 'WAIT':
      return { ...operation, WaitDetails: waitDetails(operation, update, now) };
    case 'CALLBACK':
      return { ...operation, CallbackDetails: operation.CallbackDetails ?? { CallbackId: crypto.randomUUID() } };
    case 'EXECUTION':
    case 'CHAINED_INVOKE':
      return operation;
  }
}

function contextDetails(operation: DurableOperation, update: Update): NonNullable<DurableOperation['ContextDetails']> {
  const ReplayChildren = update.ContextOptions?.ReplayChildren ?? operation.ContextDetails?.ReplayChildren;
  return { ReplayChildren, Result: update.Payload, Error: update.Error };
}

function waitDetails(
  operation: DurableOperation,
  update: Update,
  now: Date,
): NonNullable<DurableOperation['WaitDetails']> {
  if (update.Action !== 'START') return operation.WaitDetails ?? {};
  return { ScheduledEndTimestamp: new Date(now.getTime() + (update.WaitOptions?.WaitSeconds ?? 0) * 1000) };
}

/** A step counts an attempt when it ends or asks for a retry, not when it starts. */
function stepDetails(
  operation: DurableOperation,
  update: Update,
  now: Date,
): NonNullable<DurableOperation['StepDetails']> {
  const attempts = operation.StepDetails?.Attempt ?? 0;
  if (update.Action === 'START')
    return { ...operation.StepDetails, Attempt: attempts, NextAttemptTimestamp: undefined };
  const details = { Attempt: attempts + 1, Result: update.Payload, Error: update.Error };
  if (update.Action !== 'RETRY') return details;
  const delay = update.StepOptions?.NextAttemptDelaySeconds ?? 0;
  return { ...details, NextAttemptTimestamp: new Date(now.getTime() + delay * 1000) };
}
