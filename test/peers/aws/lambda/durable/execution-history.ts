/**
 * The history of one durable execution: the events of GetDurableExecutionHistory, in the words of the SDK's own model.
 *
 * Which details AWS fills in beyond the model is taken from histories of real executions: those of
 * aws-durable-execution-sdk-js (packages/aws-durable-execution-sdk-js-examples) and of radkawar/stackd on GitHub.
 */
import type { Event } from '@aws-sdk/client-lambda';
import type { EndedStatus } from './execution.ts';
import { hasEnded, type DurableOperation, type ErrorObject } from './operations-state.ts';

/** An event without its place in the history. */
export type EventDraft = Omit<Event, 'EventId' | 'EventTimestamp'>;

export class ExecutionHistory {
  readonly #events: Event[] = [];

  get events(): readonly Event[] {
    return this.#events;
  }

  add(at: Date, event: EventDraft): void {
    this.#events.push({ ...event, EventId: this.#events.length + 1, EventTimestamp: at });
  }

  /** Adds what has become of an operation; nothing when its status is none that a history tells of. */
  addOperation(at: Date, operation: DurableOperation): void {
    const event = EVENTS[operation.Type]?.(operation, at);
    const { Id, ParentId, Name, SubType } = operation;
    if (event !== undefined) this.add(at, { ...event, Id, ParentId, Name, SubType });
  }
}

const EVENTS: Readonly<Record<string, (operation: DurableOperation, at: Date) => EventDraft | undefined>> = {
  STEP: stepEvent,
  WAIT: waitEvent,
  CONTEXT: contextEvent,
  CALLBACK: callbackEvent,
};

/** An attempt that asks for another one is told as the end that it came to: an error is a failure, a poll a success. */
function stepEvent(operation: DurableOperation, at: Date): EventDraft | undefined {
  const { Status, StepDetails: details = {} } = operation;
  if (Status === 'STARTED') return { EventType: 'StepStarted', StepStartedDetails: {} };
  if (Status !== 'PENDING' && !hasEnded(operation)) return undefined;
  const { Attempt: CurrentAttempt, NextAttemptTimestamp: next } = details;
  const NextAttemptDelaySeconds = next === undefined ? undefined : secondsBetween(at, next);
  const RetryDetails = { CurrentAttempt, NextAttemptDelaySeconds };
  if (Status === 'FAILED' || details.Error !== undefined)
    return { EventType: 'StepFailed', StepFailedDetails: { Error: eventError(details.Error), RetryDetails } };
  return { EventType: 'StepSucceeded', StepSucceededDetails: { Result: eventData(details.Result), RetryDetails } };
}

function waitEvent({ Status, StartTimestamp, WaitDetails }: DurableOperation): EventDraft | undefined {
  const { ScheduledEndTimestamp = StartTimestamp } = WaitDetails ?? {};
  const Duration = secondsBetween(StartTimestamp, ScheduledEndTimestamp);
  if (Status === 'STARTED')
    return { EventType: 'WaitStarted', WaitStartedDetails: { Duration, ScheduledEndTimestamp } };
  if (Status === 'SUCCEEDED') return { EventType: 'WaitSucceeded', WaitSucceededDetails: { Duration } };
  if (Status === 'CANCELLED') return { EventType: 'WaitCancelled', WaitCancelledDetails: {} };
  return undefined;
}

function contextEvent({ Status, ContextDetails: details }: DurableOperation): EventDraft | undefined {
  if (Status === 'STARTED') return { EventType: 'ContextStarted', ContextStartedDetails: {} };
  if (Status === 'FAILED')
    return { EventType: 'ContextFailed', ContextFailedDetails: { Error: eventError(details?.Error) } };
  return { EventType: 'ContextSucceeded', ContextSucceededDetails: { Result: eventData(details?.Result) } };
}

function callbackEvent({ Status, CallbackDetails: details }: DurableOperation): EventDraft | undefined {
  if (Status === 'STARTED')
    return { EventType: 'CallbackStarted', CallbackStartedDetails: { CallbackId: details?.CallbackId } };
  if (Status === 'FAILED')
    return { EventType: 'CallbackFailed', CallbackFailedDetails: { Error: eventError(details?.Error) } };
  if (Status === 'SUCCEEDED')
    return { EventType: 'CallbackSucceeded', CallbackSucceededDetails: { Result: eventData(details?.Result) } };
  return undefined;
}

export function closingEvent(status: EndedStatus, end: { result?: string; error?: ErrorObject }): EventDraft {
  const details = { Error: eventError(end.error) };
  switch (status) {
    case 'SUCCEEDED':
      return { EventType: 'ExecutionSucceeded', ExecutionSucceededDetails: { Result: eventData(end.result) } };
    case 'FAILED':
      return { EventType: 'ExecutionFailed', ExecutionFailedDetails: details };
    case 'TIMED_OUT':
      return { EventType: 'ExecutionTimedOut', ExecutionTimedOutDetails: details };
    case 'STOPPED':
      return { EventType: 'ExecutionStopped', ExecutionStoppedDetails: details };
  }
}

/** The peer cuts no data short. */
export function eventData(Payload: string | undefined): { Payload: string | undefined; Truncated: false } {
  return { Payload, Truncated: false };
}

export function eventError(Payload: ErrorObject | undefined): { Payload: ErrorObject | undefined; Truncated: false } {
  return { Payload, Truncated: false };
}

/** The event without what the execution works with: its input, results and errors. */
export function withoutData(event: Event): Event {
  const entries = Object.entries(event).map(([name, value]: [string, unknown]) => {
    const details = name.endsWith('Details') ? (value as Record<string, unknown>) : undefined;
    return [name, details === undefined ? value : { ...details, ...emptied(details) }];
  });
  return Object.fromEntries(entries) as Event;
}

function emptied(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const data = ['Input', 'Result', 'Error'].filter((name) => details[name] !== undefined);
  return Object.fromEntries(data.map((name) => [name, {}]));
}

function secondsBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / 1000);
}
