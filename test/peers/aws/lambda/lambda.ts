/** Lambda of the peer: its functions, their sandboxes, and the two ways to invoke them. */
import { arn, type Account } from '../account.ts';
import { Activity, during } from '../../activity.ts';
import type { CredentialStore } from '../iam/credentials.ts';
import type { Queues } from '../sqs/queues.ts';
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import { DurableExecutions } from './durable/durable-executions.ts';
import type { Execution } from './durable/execution.ts';
import { functionArn, parseFunctionReference, versionOf, type FunctionPlan, type LambdaFunction } from './function.ts';
import { isPermitted } from './resource-policy.ts';
import type { RuntimeInvocation } from './runtime-messages.ts';
import type { KillPlan } from './sandbox-kills.ts';
import { Sandbox, type InvocationOutcome, type LogLine, type Waits } from './sandbox.ts';

export interface InvokeRequest {
  /** A name or ARN, with the qualifier in it or beside it. */
  readonly function: string;
  readonly qualifier?: string;
  /** JSON. */
  readonly payload: string;
  readonly durableExecutionName?: string;
  /** A service principal that invokes by the function's resource policy. */
  readonly by?: { readonly principal: string; readonly sourceArn: string };
}

/** A function and the version that a reference stands for. */
export interface Resolved {
  readonly function: LambdaFunction;
  readonly version: string;
  readonly invokedArn: string;
  readonly qualifier: string | undefined;
}

/** Pauses before the first and the second retry of an asynchronous invocation (Lambda developer guide). */
const RETRY_PAUSES_MS = [60_000, 120_000];

interface Parts {
  readonly account: Account;
  readonly time: Timetable;
  readonly queues: Queues;
  readonly store: CredentialStore;
  readonly endpoint: () => string;
}

export class Lambda {
  readonly functions = new Map<string, LambdaFunction>();
  readonly durable: DurableExecutions;
  /** Functions that run. */
  readonly invocations = new Activity();
  /** The account's concurrency: asynchronous invocations and rounds of executions beyond it wait, as AWS queues them. */
  concurrency = Infinity;
  readonly #queued: (() => void)[] = [];
  #running = 0;
  /** Added to the environment of every sandbox; default nothing. */
  readonly extraEnvironment: Record<string, string> = {};
  readonly #parts: Parts;
  readonly #listeners: ((line: LogLine) => void)[] = [];
  #sandboxes: Sandbox[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.durable = new DurableExecutions({ ...parts, run: (...run) => this.#run(...run) });
  }

  addFunction(plan: FunctionPlan & { readonly alias?: string }): LambdaFunction {
    const { account, store } = this.#parts;
    const role = plan.roleArn?.split('/').at(-1) ?? 'administrator';
    const { credentials } = store.issue({
      arn: `arn:aws:sts::${account.accountId}:assumed-role/${role}/${plan.name}`,
      accountId: account.accountId,
      userId: `AROA${role.slice(0, 12).toUpperCase()}:${plan.name}`,
      roleArn: plan.roleArn,
      functionName: plan.name,
    });
    const fn: LambdaFunction = {
      ...plan,
      arn: arn(account, 'lambda', `function:${plan.name}`),
      handler: plan.handler ?? 'index.handler',
      timeout: plan.timeout ?? 3,
      memorySize: plan.memorySize ?? 128,
      credentials,
      aliases: new Map(plan.alias === undefined ? [] : [[plan.alias, '1']]),
      versions: new Set(['1']),
      retryAttempts: new Map(),
      permissions: undefined,
    };
    this.functions.set(fn.name, fn);
    return fn;
  }

  /** Every durable execution, in order of start. */
  get executions(): readonly Execution[] {
    return this.durable.all;
  }

  /** What the functions' dead-letter queues hold. */
  get deadLetters(): readonly { body: string; attributes: Readonly<Record<string, string>>; at: Date }[] {
    const arns = new Set([...this.functions.values()].flatMap((fn) => fn.deadLetterArn ?? []));
    return [...arns].flatMap((each) => this.#parts.queues.messages(each));
  }

  onLog(listener: (line: LogLine) => void): void {
    this.#listeners.push(listener);
  }

  /** Kills a sandbox at a checkpoint to come; the service invokes the function again. */
  killAtCheckpoint(plan: KillPlan = {}): void {
    this.durable.kills.order(plan);
  }

  /** Called with each of these kills, when it is carried out. */
  onKill(listener: (when: 'before' | 'after') => void): void {
    this.durable.kills.onKill(listener);
  }

  /** Kills every sandbox that runs the function now. */
  kill(functionName: string): void {
    for (const sandbox of this.#sandboxes) if (sandbox.busy && sandbox.function.name === functionName) sandbox.kill();
  }

  /** What each running function waits for; undefined while one of them does anything else. */
  async waits(): Promise<Waits[] | undefined> {
    const running = this.#sandboxes.filter((sandbox) => sandbox.busy);
    const waits = await Promise.all(running.map((sandbox) => sandbox.waitsFor()));
    return waits.every((each) => each !== undefined) ? waits : undefined;
  }

  /** Finds the function and version of a reference. @throws AwsError ResourceNotFoundException */
  resolve(text: string, qualifier?: string): Resolved {
    const reference = parseFunctionReference(text, qualifier);
    const fn = this.functions.get(reference.name);
    const version = fn === undefined ? undefined : versionOf(fn, reference.qualifier ?? '$LATEST');
    const invokedArn = functionArn(this.#parts.account, reference);
    if (fn === undefined || version === undefined)
      throw new AwsError('ResourceNotFoundException', `Function not found: ${invokedArn}`, 404);
    if (fn.durable !== undefined && reference.qualifier === undefined) {
      throw new AwsError(
        'InvalidParameterValueException',
        'You cannot invoke a durable function using an unqualified ARN.',
      );
    }
    return { function: fn, version, invokedArn, qualifier: reference.qualifier };
  }

  /** Accepts an asynchronous invocation; answers the execution when the function is durable. */
  invokeAsync(request: InvokeRequest): Execution | undefined {
    const resolved = this.resolve(request.function, request.qualifier);
    if (request.by !== undefined) checkPermission(resolved, request.by);
    if (resolved.function.durable !== undefined) return this.startExecution(resolved, request);
    void this.#attempt(resolved, { requestId: crypto.randomUUID(), payload: request.payload, attempt: 0 });
    return undefined;
  }

  startExecution(resolved: Resolved, request: InvokeRequest): Execution {
    return this.durable.start({ ...resolved, name: request.durableExecutionName, payload: request.payload });
  }

  /** Runs an ordinary function and waits for its end. */
  invokeSync(resolved: Resolved, payload: string, requestId: string = crypto.randomUUID()): Promise<InvocationOutcome> {
    const { function: fn, version, invokedArn: invokedFunctionArn } = resolved;
    return this.#run(fn, { requestId, invokedFunctionArn, version, event: payload }, () => undefined);
  }

  stop(): void {
    for (const sandbox of this.#sandboxes) sandbox.kill();
  }

  async #attempt(
    resolved: Resolved,
    invocation: { requestId: string; payload: string; attempt: number },
  ): Promise<void> {
    const outcome = await this.invokeSync(resolved, invocation.payload, invocation.requestId);
    if (outcome.ok) return;
    const { function: fn, qualifier } = resolved;
    const retries = fn.retryAttempts.get(qualifier ?? '$LATEST') ?? 2;
    const { attempt, payload: body, requestId: RequestID } = invocation;
    if (attempt < retries) {
      this.#parts.time.after(
        RETRY_PAUSES_MS[attempt] ?? 120_000,
        () => void this.#attempt(resolved, { ...invocation, attempt: attempt + 1 }),
      );
    } else if (fn.deadLetterArn !== undefined) {
      const attributes = { RequestID, ErrorCode: '200', ErrorMessage: outcome.error.errorMessage };
      this.#parts.queues.send(fn.deadLetterArn, { at: this.#parts.time.date(), body, attributes });
    }
  }

  #run(
    fn: LambdaFunction,
    invocation: Omit<RuntimeInvocation, 'deadline'>,
    onSandbox: (sandbox: Sandbox) => void,
  ): Promise<InvocationOutcome> {
    return during(this.invocations, async () => {
      if (this.#running >= this.concurrency) await new Promise<void>((start) => this.#queued.push(start));
      this.#running += 1;
      try {
        const sandbox = this.#sandbox(fn, invocation.version);
        onSandbox(sandbox);
        return await sandbox.invoke(invocation);
      } finally {
        this.#running -= 1;
        this.#queued.shift()?.();
      }
    });
  }

  #sandbox(fn: LambdaFunction, version: string): Sandbox {
    this.#sandboxes = this.#sandboxes.filter((sandbox) => !sandbox.dead);
    const free = this.#sandboxes.find((sandbox) => !sandbox.busy && sandbox.function === fn);
    if (free !== undefined) return free;
    const sandbox = new Sandbox(fn, {
      time: this.#parts.time,
      environment: this.#environment(fn, version),
      onLog: (line) => {
        for (const listener of this.#listeners) listener(line);
      },
    });
    this.#sandboxes.push(sandbox);
    return sandbox;
  }

  /** The function's own variables and those that Lambda sets; nothing of this process. */
  #environment(fn: LambdaFunction, version: string): Record<string, string> {
    const { region } = this.#parts.account;
    return {
      ...this.extraEnvironment,
      ...fn.environment,
      _HANDLER: fn.handler,
      LAMBDA_TASK_ROOT: fn.directory,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: fn.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: fn.credentials.secretAccessKey,
      AWS_SESSION_TOKEN: fn.credentials.sessionToken,
      AWS_LAMBDA_FUNCTION_NAME: fn.name,
      AWS_LAMBDA_FUNCTION_VERSION: version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memorySize),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: `peer/[${version}]`,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_ENDPOINT_URL: this.#parts.endpoint(),
      TZ: ':UTC',
    };
  }
}

function checkPermission(resolved: Resolved, by: { principal: string; sourceArn: string }): void {
  const { function: fn, qualifier } = resolved;
  const { principal, sourceArn } = by;
  const access = { action: 'lambda:InvokeFunction', qualifier, principals: [principal], sourceArn } as const;
  if (fn.permissions === undefined || isPermitted(fn, access)) return;
  throw new AwsError(
    'NO_PERMISSIONS',
    `${principal} is not authorized to perform: lambda:InvokeFunction on resource: ${resolved.invokedArn}`,
    403,
  );
}
