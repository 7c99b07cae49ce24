/** One durable execution: its runs, its checkpoint token, its end, and what tests read of it. */
import type { AwsError } from '../../wire/aws-error.ts';
import { closingEvent, eventData, eventError, ExecutionHistory } from './execution-history.ts';
import { OperationLog } from './operation-log.ts';
import { invalid, type DurableOperation, type ErrorObject, type Update } from './operations-state.ts';
import type { Sandbox } from '../sandbox.ts';

/** PAUSING: by somebody's order, and its function still runs («Pausing and resuming durable executions», developer guide). */
export type AliveStatus = 'RUNNING' | 'PAUSING' | 'PAUSED';
export type EndedStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';
export type ExecutionStatus = AliveStatus | EndedStatus;

/** One run of the function for an execution. Times in driven epoch milliseconds. */
export interface InvocationRecord {
  readonly requestId: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** The status that the function answered, or the type of the error that ended the run. */
  outcome: string | undefined;
  /** What ended the run without an answer. */
  error: ErrorObject | undefined;
}

export interface ExecutionStart {
  readonly arn: string;
  readonly name: string;
  readonly functionName: string;
  readonly version: string;
  /** The ARN that it was invoked by. */
  readonly invokedArn: string;
  readonly payload: string;
  readonly startedAt: Date;
  /** Seconds. */
  readonly executionTimeout: number | undefined;
}

/** Hard quotas of one execution: how many operations it may have, and how many bytes it may keep. */
export interface ExecutionLimits {
  readonly operationLimit: number;
  readonly storageLimit: number;
}

/** What a checkpoint answers. */
export interface CheckpointAnswer {
  readonly CheckpointToken: string;
  readonly NewExecutionState: { readonly Operations: readonly DurableOperation[] };
}

export class Execution {
  readonly start: ExecutionStart;
  status: ExecutionStatus = 'RUNNING';
  stoppedAt: Date | undefined;
  /** JSON, of a SUCCEEDED one. */
  result: string | undefined;
  error: ErrorObject | undefined;
  readonly invocations: InvocationRecord[] = [];
  readonly history = new ExecutionHistory();
  readonly log: OperationLog;
  /** How many checkpoint calls were accepted. */
  checkpoints = 0;
  /** Bytes of its input and of all payloads and errors that were checkpointed. */
  storedBytes: number;
  /** Bytes of the largest payload or error that was checkpointed. */
  largestCheckpoint = 0;
  sandbox: Sandbox | undefined;
  running = false;
  /** Runs in a row that ended without an answer. */
  failures = 0;
  #interrupted = false;
  #token = '';
  #lastCheckpoint: { clientToken: string | undefined; token: string; answer: CheckpointAnswer } | undefined;
  readonly #closed: Promise<void>;
  #close: () => void = () => undefined;

  constructor(start: ExecutionStart) {
    this.start = start;
    this.storedBytes = Buffer.byteLength(start.payload);
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    const itself = {
      Id: this.#id,
      Type: 'EXECUTION',
      Name: start.name,
      StartTimestamp: start.startedAt,
      Status: 'STARTED',
      ExecutionDetails: { InputPayload: start.payload },
    } as const;
    this.log = new OperationLog(itself, this.history);
    this.history.add(start.startedAt, {
      ...this.#itself,
      EventType: 'ExecutionStarted',
      ExecutionStartedDetails: { Input: eventData(start.payload), ExecutionTimeout: start.executionTimeout },
    });
  }

  get arn(): string {
    return this.start.arn;
  }

  get name(): string {
    return this.start.name;
  }

  get functionName(): string {
    return this.start.functionName;
  }

  /** Of the version that it runs. */
  get functionArn(): string {
    return this.arn.split('/')[0] ?? '';
  }

  /** What counts towards the limit of operations (`OperationLog.count`). */
  get operationCount(): number {
    return this.log.count;
  }

  /** Every operation, the execution's own first. */
  get operations(): readonly DurableOperation[] {
    return this.log.all;
  }

  /** Waiting for time or a callback, with no function running. */
  get suspended(): boolean {
    return this.status === 'RUNNING' && !this.running;
  }

  /** It has not ended, whether it runs or is paused. */
  get alive(): boolean {
    return this.stoppedAt === undefined;
  }

  /** Resolves when it has ended, however it ended. */
  get ended(): Promise<void> {
    return this.#closed;
  }

  /** Its function is not invoked any more, and one that runs is ended at its next checkpoint; what is waited for goes on. */
  pause(): void {
    if (this.status === 'RUNNING') this.status = this.running ? 'PAUSING' : 'PAUSED';
  }

  /** At a checkpoint: whether the pause ends the function here. */
  isInterrupted(): boolean {
    this.#interrupted = this.status === 'PAUSING';
    return this.isPausedBetweenRuns();
  }

  /** When its function does not run any more: whether it is not to be invoked again. */
  isPausedBetweenRuns(): boolean {
    if (this.status === 'PAUSING') this.status = 'PAUSED';
    return this.status === 'PAUSED';
  }

  /** @returns whether its function is to be invoked: the pause has ended a run of it, or something has completed since */
  resume(): boolean {
    if (!this.alive) return false;
    this.status = 'RUNNING';
    const isDue = this.#interrupted || this.log.hasUntold;
    this.#interrupted = false;
    return isDue;
  }

  /** Begins an invocation: a new token, and the ids of what changed since the last one. */
  beginInvocation(): { token: string; updated: string[] } {
    const updated = this.log.takeUntold().map(({ Id }) => Id);
    this.#token = crypto.randomUUID();
    return { token: this.#token, updated };
  }

  /** Notes how a run ended. */
  endInvocation(record: InvocationRecord, end: { at: Date; outcome: string | undefined; error?: ErrorObject }): void {
    record.endedAt = end.at.getTime();
    record.outcome = end.outcome;
    record.error = end.error;
    this.history.add(end.at, {
      EventType: 'InvocationCompleted',
      InvocationCompletedDetails: {
        StartTimestamp: new Date(record.startedAt),
        EndTimestamp: end.at,
        RequestId: record.requestId,
        Error: end.error === undefined ? undefined : eventError(end.error),
      },
    });
  }

  /** @throws AwsError when the token is not the current one. */
  checkToken(token: string): void {
    if (this.alive && this.status !== 'PAUSED' && token === this.#token) return;
    // The SDK tells a stale token from a broken execution by these very words, capitals included.
    throw invalid('Invalid Checkpoint Token: the token is not the current one of this execution');
  }

  /**
   * Applies a checkpoint whole or not at all; a repeated request with the same client token gets the same answer.
   * @throws AwsError InvalidParameterValueException, also when it would pass a limit, which fails the execution
   */
  checkpoint(
    request: { token: string; clientToken: string | undefined; updates: readonly Update[] },
    { now, operationLimit, storageLimit }: { now: Date } & ExecutionLimits,
  ): { answer: CheckpointAnswer; applied: readonly DurableOperation[] } {
    const last = this.#lastCheckpoint;
    if (
      request.clientToken !== undefined &&
      last?.clientToken === request.clientToken &&
      last.token === request.token
    ) {
      return { answer: last.answer, applied: [] };
    }
    this.checkToken(request.token);
    if (this.log.countAfter(request.updates) > operationLimit) {
      throw this.#overLimit(`The durable execution has reached its limit of ${operationLimit} operations.`, now);
    }
    const stored = this.storedBytes + request.updates.reduce((sum, update) => sum + bytesOf(update), 0);
    if (stored > storageLimit) {
      throw this.#overLimit(`The durable execution has reached its limit of ${storageLimit} bytes of data.`, now);
    }
    const applied = this.log.apply(request.updates, now);
    const operations = this.log.takeUntold();
    this.#token = crypto.randomUUID();
    this.checkpoints += 1;
    this.storedBytes = stored;
    this.largestCheckpoint = Math.max(this.largestCheckpoint, ...request.updates.map(bytesOf));
    const answer = { CheckpointToken: this.#token, NewExecutionState: { Operations: operations } };
    this.#lastCheckpoint = { clientToken: request.clientToken, token: request.token, answer };
    return { answer, applied };
  }

  close(status: EndedStatus, end: { at: Date; result?: string; error?: ErrorObject }): void {
    if (!this.alive) return;
    this.status = status;
    this.stoppedAt = end.at;
    this.result = end.result;
    this.error = end.error;
    this.history.add(end.at, { ...this.#itself, ...closingEvent(status, end) });
    this.#close();
  }

  /** The id that its ARN ends in. */
  get #id(): string {
    return this.arn.split('/').at(-1) ?? '';
  }

  get #itself(): { Id: string; Name: string } {
    return { Id: this.#id, Name: this.name };
  }

  /** How AWS says it is not known; the quotas themselves are (platform 2.4). */
  #overLimit(message: string, at: Date): AwsError {
    const refusal = invalid(message);
    this.close('FAILED', { at, error: { ErrorType: refusal.code, ErrorMessage: refusal.message } });
    return refusal;
  }
}

/** What an update adds to the data that is kept: its payload, and its error. */
function bytesOf({ Payload, Error: error }: Update): number {
  return Buffer.byteLength(Payload ?? '') + (error === undefined ? 0 : Buffer.byteLength(JSON.stringify(error)));
}
