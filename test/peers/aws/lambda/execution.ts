/** One durable execution: its operations, its checkpoint token, and what tests read of it. */
import { AwsError } from '../wire/aws-error.ts';
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
  /** How many checkpoint calls were accepted. */
  checkpoints = 0;
  sandbox: Sandbox | undefined;
  running = false;
  /** Runs in a row that ended without an answer. */
  failures = 0;
  readonly #operations = new Map<string, DurableOperation>();
  /** Changed by the service and not yet told to the function. */
  readonly #untold = new Set<string>();
  #token = '';
  #lastCheckpoint: { clientToken: string | undefined; token: string; answer: CheckpointAnswer } | undefined;
  readonly #closed: Promise<void>;
  #close: () => void = () => undefined;

  constructor(start: ExecutionStart) {
    this.start = start;
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.set({
      Id: crypto.randomUUID(),
      Type: 'EXECUTION',
      Name: start.name,
      StartTimestamp: start.startedAt,
      Status: 'STARTED',
      ExecutionDetails: { InputPayload: start.payload },
    });
    this.#untold.clear();
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

  /** Stores what the service itself changed; the function is told at its next call or invocation. */
  set(operation: DurableOperation): void {
    this.#operations.set(operation.Id, operation);
    this.#untold.add(operation.Id);
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

  /** @throws AwsError when the token is not the current one. */
  checkToken(token: string): void {
    if (this.status === 'RUNNING' && token === this.#token) return;
    // The SDK tells a stale token from a broken execution by these very words, capitals included.
    throw invalid('Invalid Checkpoint Token: the token is not the current one of this execution');
  }

  /** Applies a checkpoint whole or not at all; a repeated request with the same client token gets the same answer. */
  checkpoint(
    request: { token: string; clientToken: string | undefined; updates: readonly Update[] },
    now: Date,
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
    const applied = this.#applyAll(request.updates, now);
    for (const operation of applied) this.set(operation);
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
    this.#close();
  }

  #applyAll(updates: readonly Update[], now: Date): DurableOperation[] {
    const draft = new Map<string, DurableOperation>();
    for (const update of updates) {
      if (update.Type === 'EXECUTION') continue;
      const existing = draft.get(update.Id) ?? this.#operations.get(update.Id);
      this.#checkParent(update, draft);
      checkUpdate(update, existing);
      draft.set(update.Id, applyUpdate(update, existing, now));
    }
    return [...draft.values()];
  }

  #checkParent(update: Update, draft: ReadonlyMap<string, DurableOperation>): void {
    if (update.ParentId === undefined) return;
    const parent = draft.get(update.ParentId) ?? this.#operations.get(update.ParentId);
    if (parent?.Type !== 'CONTEXT')
      throw new AwsError('InvalidParameterValueException', 'Invalid parent operation id.');
  }
}
