/** One durable execution: its operations, its checkpoint token, and what tests read of it. */
import { AwsError } from '../wire/aws-error.ts';
import { eventData, eventError, ExecutionHistory, type EventDraft } from './execution-history.ts';
import {
  applyUpdate,
  checkUpdate,
  hasEnded,
  invalid,
  type DurableOperation,
  type ErrorObject,
  type Update,
} from './operations-state.ts';
import type { Sandbox } from './sandbox.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';

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
  /** How many checkpoint calls were accepted. */
  checkpoints = 0;
  sandbox: Sandbox | undefined;
  running = false;
  /** Runs in a row that ended without an answer. */
  failures = 0;
  readonly #operations = new Map<string, DurableOperation>();
  /** Changed by the service and not yet told to the function. */
  readonly #untold = new Set<string>();
  #retries = 0;
  #token = '';
  #lastCheckpoint: { clientToken: string | undefined; token: string; answer: CheckpointAnswer } | undefined;
  readonly #closed: Promise<void>;
  #close: () => void = () => undefined;

  constructor(start: ExecutionStart) {
    this.start = start;
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.#set({
      Id: this.#id,
      Type: 'EXECUTION',
      Name: start.name,
      StartTimestamp: start.startedAt,
      Status: 'STARTED',
      ExecutionDetails: { InputPayload: start.payload },
    });
    this.#untold.clear();
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

  /**
   * What counts towards the limit of operations: every operation once, whatever its kind, and each retry of a step or
   * poll of a condition once more (reference/platform.md 2.4); the execution itself does not count.
   */
  get operationCount(): number {
    return this.#operations.size - 1 + this.#retries;
  }

  /** Every operation, the execution's own first. */
  get operations(): readonly DurableOperation[] {
    return [...this.#operations.values()];
  }

  /** Waiting for time or a callback, with no function running. */
  get suspended(): boolean {
    return this.status === 'RUNNING' && !this.running;
  }

  get billedMilliseconds(): number {
    return this.invocations.reduce(
      (sum, { startedAt, endedAt }) => sum + Math.max(1, Math.ceil((endedAt ?? startedAt) - startedAt)),
      0,
    );
  }

  /** Resolves when it has ended, however it ended. */
  get ended(): Promise<void> {
    return this.#closed;
  }

  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  /** Whether something is left that can wake it. */
  get pending(): boolean {
    return this.operations.some((each) => each.Type !== 'EXECUTION' && each.Type !== 'CONTEXT' && !hasEnded(each));
  }

  find(id: string): DurableOperation | undefined {
    return this.#operations.get(id);
  }

  /** Takes what the service itself changed; the function is told at its next call or invocation. */
  change(operation: DurableOperation, at: Date): void {
    this.#set(operation);
    this.history.addOperation(at, operation);
  }

  /** The operations that a replay needs: children of a finished context are left out unless it replays them. */
  replayState(): DurableOperation[] {
    const left = new Set<string>();
    return this.operations.filter((operation) => {
      const parent = this.#operations.get(operation.ParentId ?? '');
      if (parent === undefined) return true;
      const closed = parent.Type === 'CONTEXT' && hasEnded(parent);
      if (!left.has(parent.Id) && !(closed && parent.ContextDetails?.ReplayChildren !== true)) return true;
      left.add(operation.Id);
      return false;
    });
  }

  /** Begins an invocation: a new token, and the ids of what changed since the last one. */
  beginInvocation(): { token: string; updated: string[] } {
    const updated = [...this.#untold];
    this.#untold.clear();
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
    if (this.status === 'RUNNING' && token === this.#token) return;
    // The SDK tells a stale token from a broken execution by these very words, capitals included.
    throw invalid('Invalid Checkpoint Token: the token is not the current one of this execution');
  }

  /**
   * Applies a checkpoint whole or not at all; a repeated request with the same client token gets the same answer.
   * @throws AwsError InvalidParameterValueException, also when it would pass the limit of operations, which fails the
   *   execution
   */
  checkpoint(
    request: { token: string; clientToken: string | undefined; updates: readonly Update[] },
    { now, operationLimit }: { now: Date; operationLimit: number },
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
    if (this.#countAfter(request.updates) > operationLimit) throw this.#overLimit(operationLimit, now);
    const { applied, passed } = this.#applyAll(request.updates, now);
    for (const operation of passed) this.history.addOperation(now, operation);
    for (const operation of applied) this.#set(operation);
    this.#retries += request.updates.filter(isRetry).length;
    const operations = [...this.#untold].flatMap((id) => this.#operations.get(id) ?? []);
    this.#untold.clear();
    this.#token = crypto.randomUUID();
    this.checkpoints += 1;
    const answer = { CheckpointToken: this.#token, NewExecutionState: { Operations: operations } };
    this.#lastCheckpoint = { clientToken: request.clientToken, token: request.token, answer };
    return { answer, applied };
  }

  close(status: Exclude<ExecutionStatus, 'RUNNING'>, end: { at: Date; result?: string; error?: ErrorObject }): void {
    if (this.status !== 'RUNNING') return;
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

  #set(operation: DurableOperation): void {
    this.#operations.set(operation.Id, operation);
    this.#untold.add(operation.Id);
  }

  #countAfter(updates: readonly Update[]): number {
    const added = new Set(updates.map(({ Id }) => Id).filter((id) => !this.#operations.has(id)));
    return this.operationCount + added.size + updates.filter(isRetry).length;
  }

  /** How AWS says it is not known; the quota itself is (reference/platform.md 2.4). */
  #overLimit(operationLimit: number, at: Date): AwsError {
    const refusal = invalid(`The durable execution has reached its limit of ${operationLimit} operations.`);
    this.close('FAILED', { at, error: { ErrorType: refusal.code, ErrorMessage: refusal.message } });
    return refusal;
  }

  /** What the operations are after all updates, and every state that they passed on the way. */
  #applyAll(updates: readonly Update[], now: Date): { applied: DurableOperation[]; passed: DurableOperation[] } {
    const draft = new Map<string, DurableOperation>();
    const passed: DurableOperation[] = [];
    for (const update of updates) {
      if (update.Type === 'EXECUTION') continue;
      const existing = draft.get(update.Id) ?? this.#operations.get(update.Id);
      this.#checkParent(update, draft);
      checkUpdate(update, existing);
      const after = applyUpdate(update, existing, now);
      draft.set(update.Id, after);
      // An update may end what was never started by one of its own.
      if (after.Status !== 'STARTED' && existing?.Status !== 'STARTED') passed.push({ ...after, Status: 'STARTED' });
      passed.push(after);
    }
    return { applied: [...draft.values()], passed };
  }

  #checkParent(update: Update, draft: ReadonlyMap<string, DurableOperation>): void {
    if (update.ParentId === undefined) return;
    const parent = draft.get(update.ParentId) ?? this.#operations.get(update.ParentId);
    if (parent?.Type !== 'CONTEXT')
      throw new AwsError('InvalidParameterValueException', 'Invalid parent operation id.');
  }
}

function isRetry({ Action }: Update): boolean {
  return Action === 'RETRY';
}

function closingEvent(
  status: Exclude<ExecutionStatus, 'RUNNING'>,
  end: { result?: string; error?: ErrorObject },
): EventDraft {
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
