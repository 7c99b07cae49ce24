/**
 * The durable execution service: starts executions by unique name, invokes the function, takes its checkpoints, and
 * invokes it again when a wait or a retry is due.
 */
import { arn, type Account } from '../../account.ts';
import type { Queues } from '../../sqs/queues.ts';
import type { Timetable } from '../../timetable.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { Execution, type CheckpointAnswer } from './execution.ts';
import type { LambdaFunction } from '../function.ts';
import { hasEnded, type DurableOperation, type ErrorObject, type Update } from './operations-state.ts';
import { answerIn, endOf, errorOf } from './run-end.ts';
import type { RuntimeInvocation } from '../runtime-messages.ts';
import { SandboxKills } from '../sandbox-kills.ts';
import type { InvocationOutcome, Sandbox } from '../sandbox.ts';
import { usageOf, type Usage } from './usage.ts';

/** Runs the function once; `onSandbox` tells which sandbox took it. */
export type RunFunction = (
  fn: LambdaFunction,
  invocation: Omit<RuntimeInvocation, 'deadline'>,
  onSandbox: (sandbox: Sandbox) => void,
) => Promise<InvocationOutcome>;

export interface StartRequest {
  readonly function: LambdaFunction;
  readonly version: string;
  readonly invokedArn: string;
  /** Default: made up. */
  readonly name: string | undefined;
  readonly payload: string;
}

const DAY_MS = 86_400_000;

export class DurableExecutions {
  /** How runs that end without an answer are repeated: seconds from `first`, doubling to `most`, then FAILED. */
  readonly recovery = { first: 1, most: 60, attempts: 9 };
  /** Operations per page of state, in the invocation and in GetDurableExecutionState. */
  statePage = 1000;
  /** The most operations of one execution, a hard quota of Lambda; lower it to meet it sooner. */
  operationLimit = 3000;
  /** The most bytes that one execution keeps, 100 MB, likewise. */
  storageLimit = 100 * 1024 * 1024;
  readonly all: Execution[] = [];
  readonly #functions = new WeakMap<Execution, LambdaFunction>();
  /** Sandboxes to be killed at checkpoints to come. */
  readonly kills = new SandboxKills();
  readonly #parts: { account: Account; time: Timetable; queues: Queues; run: RunFunction };

  constructor(parts: { account: Account; time: Timetable; queues: Queues; run: RunFunction }) {
    this.#parts = parts;
  }

  /**
   * Starts an execution, or answers the existing one of that name and payload.
   * @throws AwsError DurableExecutionAlreadyStartedException 409 when the payload differs.
   */
  start(request: StartRequest): Execution {
    const name = request.name ?? crypto.randomUUID();
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
      throw new AwsError(
        'InvalidParameterValueException',
        `Durable execution name '${name}' is not 1 to 64 characters of [a-zA-Z0-9-_]`,
      );
    }
    const existing = this.of(request.function).find((each) => each.name === name);
    if (existing !== undefined) {
      if (existing.start.payload === request.payload) return existing;
      throw new AwsError(
        'DurableExecutionAlreadyStartedException',
        `Durable execution already started with a different payload: ${name}`,
        409,
      );
    }
    const execution = this.#create(request, name);
    this.all.push(execution);
    this.#armTimeout(execution, request.function);
    void this.#run(execution, request.function);
    return execution;
  }

  /** The executions of a function that Lambda still knows, in order of start. */
  of(fn: LambdaFunction): Execution[] {
    const retention = (fn.durable?.retentionPeriodInDays ?? 14) * DAY_MS;
    const since = this.#parts.time.now() - retention;
    return this.all.filter((each) => each.functionName === fn.name && (each.stoppedAt?.getTime() ?? Infinity) >= since);
  }

  /** What the last execution of that name has cost so far. @throws Error when there is none. */
  usage(name: string): Usage {
    const execution = this.all.findLast((each) => each.name === name);
    if (execution === undefined) throw new Error(`The AWS peer has no durable execution ${name}`);
    return usageOf(execution, this.#parts.time.now());
  }

  /** @throws AwsError ResourceNotFoundException */
  get(executionArn: string): Execution {
    const found = this.all.find((each) => each.arn === executionArn);
    if (found !== undefined) return found;
    throw new AwsError('ResourceNotFoundException', `Durable execution not found: ${executionArn}`, 404);
  }

  checkpoint(
    executionArn: string,
    request: { token: string; clientToken: string | undefined; updates: readonly Update[] },
  ): CheckpointAnswer {
    const execution = this.get(executionArn);
    const kill = this.kills.due(execution);
    if (kill === 'before') this.kills.kill(execution);
    const { operationLimit, storageLimit } = this;
    const at = { now: this.#parts.time.date(), operationLimit, storageLimit };
    const { answer, applied } = execution.checkpoint(request, at);
    for (const operation of applied) this.#armOperation(execution, operation);
    const whole = request.updates.find((update) => update.Type === 'EXECUTION');
    if (whole !== undefined) this.#closeBy(execution, whole.Action, { result: whole.Payload, error: whole.Error });
    if (kill === 'after' || execution.isInterrupted()) this.kills.kill(execution);
    return answer;
  }

  state(
    executionArn: string,
    request: { token: string; marker: string | undefined; maxItems: number | undefined },
  ): { Operations: DurableOperation[]; NextMarker?: string } {
    const execution = this.get(executionArn);
    execution.checkToken(request.token);
    return this.#page(execution, Number(request.marker ?? '0'), request.maxItems ?? this.statePage);
  }

  /** Completes a callback from outside: its result, or its error. */
  completeCallback(callbackId: string, end: { result?: string; error?: ErrorObject }): void {
    for (const execution of this.all) {
      const operation = execution.operations.find((each) => each.CallbackDetails?.CallbackId === callbackId);
      if (operation === undefined || hasEnded(operation)) continue;
      const CallbackDetails = { CallbackId: callbackId, Result: end.result, Error: end.error };
      const Status = end.error === undefined ? 'SUCCEEDED' : 'FAILED';
      this.#wake(execution, { ...operation, Status, EndTimestamp: this.#parts.time.date(), CallbackDetails });
      return;
    }
    throw new AwsError('ResourceNotFoundException', `Callback not found: ${callbackId}`, 404);
  }

  stop(executionArn: string, error: ErrorObject | undefined): Date {
    const execution = this.get(executionArn);
    const at = this.#parts.time.date();
    execution.close('STOPPED', { at, ...(error === undefined ? {} : { error }) });
    return execution.stoppedAt ?? at;
  }

  /** Lets a paused execution go on. */
  resume(executionArn: string): void {
    const execution = this.get(executionArn);
    const fn = this.#functions.get(execution);
    if (execution.resume() && fn !== undefined) void this.#run(execution, fn);
  }

  #create(request: StartRequest, name: string): Execution {
    const { function: fn, version, invokedArn, payload } = request;
    const resource = `function:${fn.name}:${version}/durable-execution/${name}/${crypto.randomUUID()}`;
    return new Execution({
      arn: arn(this.#parts.account, 'lambda', resource),
      name,
      functionName: fn.name,
      version,
      invokedArn,
      payload,
      startedAt: this.#parts.time.date(),
      executionTimeout: fn.durable?.executionTimeout,
    });
  }

  #armTimeout(execution: Execution, fn: LambdaFunction): void {
    this.#functions.set(execution, fn);
    const timer = this.#parts.time.after((fn.durable?.executionTimeout ?? 0) * 1000, () => {
      execution.close('TIMED_OUT', {
        at: this.#parts.time.date(),
        error: { ErrorType: 'ExecutionTimedOut', ErrorMessage: 'Execution timed out' },
      });
    });
    void execution.ended.then(() => {
      timer.cancel();
      if (execution.status !== 'SUCCEEDED') this.#toDeadLetters(execution, fn);
    });
  }

  /** Invokes again and again until the execution ends or has nothing to do but wait. */
  async #run(execution: Execution, fn: LambdaFunction): Promise<void> {
    if (execution.running || execution.status !== 'RUNNING') return;
    execution.running = true;
    let again = true;
    while (again) again = this.#afterInvocation(execution, fn, await this.#invoke(execution, fn));
    execution.running = false;
  }

  async #invoke(execution: Execution, fn: LambdaFunction): Promise<InvocationOutcome> {
    const { token, updated } = execution.beginInvocation();
    const requestId = crypto.randomUUID();
    const event = {
      DurableExecutionArn: execution.arn,
      CheckpointToken: token,
      InitialExecutionState: this.#page(execution, 0, this.statePage),
      UpdatedOperationIds: updated,
    };
    const record = {
      requestId,
      startedAt: this.#parts.time.now(),
      endedAt: undefined as number | undefined,
      outcome: undefined as string | undefined,
      error: undefined as ErrorObject | undefined,
    };
    execution.invocations.push(record);
    const { invokedArn: invokedFunctionArn, version } = execution.start;
    const invocation = { requestId, invokedFunctionArn, version, event: JSON.stringify(event) };
    const outcome = await this.#parts.run(fn, invocation, (sandbox) => {
      execution.sandbox = sandbox;
    });
    execution.sandbox = undefined;
    execution.endInvocation(record, { at: this.#parts.time.date(), ...endOf(outcome) });
    return outcome;
  }

  /** Whether to invoke again at once. */
  #afterInvocation(execution: Execution, fn: LambdaFunction, outcome: InvocationOutcome): boolean {
    if (!execution.alive || execution.status === 'PAUSED') return false;
    if (!outcome.ok) {
      this.#recover(execution, fn, errorOf(outcome.error));
      return false;
    }
    execution.failures = 0;
    const answer = answerIn(outcome.payload);
    if (answer.Status !== 'PENDING') {
      this.#closeBy(execution, answer.Status === 'SUCCEEDED' ? 'SUCCEED' : 'FAIL', {
        result: answer.Result,
        error: answer.Error,
      });
      return false;
    }
    if (execution.isPausedBetweenRuns()) return false;
    if (execution.log.hasUntold) return true;
    if (!execution.log.pending) {
      this.#closeBy(execution, 'FAIL', {
        error: {
          ErrorType: 'InvalidParameterValueException',
          ErrorMessage: 'Cannot return PENDING status with no pending operations.',
        },
      });
    }
    return false;
  }

  /** A run that crashed, threw or timed out is repeated with growing pauses, up to a bound (platform 2.3). */
  #recover(execution: Execution, fn: LambdaFunction, error: ErrorObject): void {
    execution.failures += 1;
    if (execution.failures >= this.recovery.attempts) {
      this.#closeBy(execution, 'FAIL', { error });
      return;
    }
    const pause = Math.min(this.recovery.most, this.recovery.first * 2 ** (execution.failures - 1));
    this.#parts.time.after(pause * 1000, () => void this.#run(execution, fn));
  }

  #armOperation(execution: Execution, operation: DurableOperation): void {
    const due = dueOf(operation);
    if (due === undefined) return;
    const { time } = this.#parts;
    time.after(due.getTime() - time.now(), () => {
      const current = execution.log.find(operation.Id);
      if (current === undefined || !execution.alive || dueOf(current)?.getTime() !== due.getTime()) return;
      const waited = current.Type === 'WAIT';
      this.#wake(execution, {
        ...current,
        Status: waited ? 'SUCCEEDED' : 'READY',
        ...(waited ? { EndTimestamp: time.date() } : {}),
      });
    });
  }

  #wake(execution: Execution, changed: DurableOperation): void {
    execution.log.change(changed, this.#parts.time.date());
    const fn = this.#functions.get(execution);
    if (fn !== undefined && execution.failures === 0) void this.#run(execution, fn);
  }

  #page(execution: Execution, from: number, size: number): { Operations: DurableOperation[]; NextMarker?: string } {
    const all = execution.log.replayState();
    const end = from + size;
    return { Operations: all.slice(from, end), ...(end < all.length ? { NextMarker: String(end) } : {}) };
  }

  #closeBy(
    execution: Execution,
    action: string,
    end: { result?: string | undefined; error?: ErrorObject | undefined },
  ): void {
    execution.close(action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED', {
      at: this.#parts.time.date(),
      ...(end.result === undefined ? {} : { result: end.result }),
      ...(end.error === undefined ? {} : { error: end.error }),
    });
  }

  #toDeadLetters(execution: Execution, fn: LambdaFunction): void {
    if (fn.deadLetterArn === undefined) return;
    this.#parts.queues.send(fn.deadLetterArn, {
      at: this.#parts.time.date(),
      body: execution.start.payload,
      attributes: {
        RequestID: execution.invocations.at(-1)?.requestId ?? '',
        ErrorCode: '200',
        ErrorMessage: execution.error?.ErrorMessage ?? execution.status,
        DurableExecutionArn: execution.arn,
      },
    });
  }
}

function dueOf(operation: DurableOperation): Date | undefined {
  if (operation.Type === 'WAIT' && operation.Status === 'STARTED') return operation.WaitDetails?.ScheduledEndTimestamp;
  if (operation.Type === 'STEP' && operation.Status === 'PENDING') return operation.StepDetails?.NextAttemptTimestamp;
  return undefined;
}
