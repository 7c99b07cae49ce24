/** A sandbox: one worker thread that runs one function, one invocation at a time, frozen in between. */
import { Worker } from 'node:worker_threads';
import { QUIET_MS } from '../../traffic.ts';
import type { Timetable, Timer } from '../timetable.ts';
import type { LambdaFunction } from './function.ts';
import type { RuntimeError, RuntimeInvocation, RuntimeReport, RuntimeStart } from './runtime-messages.ts';

/** How an invocation ended. */
export type InvocationOutcome =
  { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly error: RuntimeError };

/** One line that the function wrote. */
export interface LogLine {
  readonly at: number;
  readonly function: string;
  readonly requestId: string | undefined;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

interface Parts {
  readonly time: Timetable;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: LogLine) => void;
}

/** What an idle thread may still compute: the reading of its own clocks. */
const IDLE_WORK_MS = 0.5;

export class Sandbox {
  readonly function: LambdaFunction;
  busy = false;
  dead = false;
  readonly #parts: Parts;
  readonly #worker: Worker;
  readonly #thaw = new SharedArrayBuffer(4);
  readonly #nextTimer = new SharedArrayBuffer(8);
  readonly #traffic = new SharedArrayBuffer(8);
  /** Its last sign of life: in real milliseconds, by signs of its connections and timers, and time that its thread has worked. */
  #life = { signs: 0, worked: 0, at: 0 };
  readonly #ready: Promise<RuntimeError | undefined>;
  readonly #partial = { stdout: '', stderr: '' };
  #settle: ((outcome: InvocationOutcome) => void) | undefined;
  #requestId: string | undefined;

  constructor(fn: LambdaFunction, parts: Parts) {
    this.function = fn;
    this.#parts = parts;
    const start: RuntimeStart = {
      offset: parts.time.clock.offset.buffer as SharedArrayBuffer,
      thaw: this.#thaw,
      nextTimer: this.#nextTimer,
      traffic: this.#traffic,
      directory: fn.directory,
      handler: fn.handler,
      functionName: fn.name,
      memorySize: fn.memorySize,
    };
    this.#worker = new Worker(new URL('./runtime.ts', import.meta.url), {
      workerData: start,
      env: { ...parts.environment },
      execArgv: [],
    });
    this.#ready = this.#follow();
  }

  /** When the function's own next timer is due, while it runs; undefined when it waits for something else as well. */
  get nextTimer(): number | undefined {
    const due = new Float64Array(this.#nextTimer)[0] ?? 0;
    return this.busy && due > 0 && !this.#isAtWork ? due : undefined;
  }

  /** Whether a request of the function waits for its answer, or it has just received or computed something, or a timer fired. */
  get #isAtWork(): boolean {
    const [open = 0, signs = 0] = new Int32Array(this.#traffic);
    const { active: worked } = this.#worker.performance.eventLoopUtilization();
    const lives = signs !== this.#life.signs || worked - this.#life.worked > IDLE_WORK_MS;
    if (lives) this.#life = { signs, worked, at: performance.now() };
    return open > 0 || performance.now() - this.#life.at < QUIET_MS;
  }

  /** Runs one invocation to its end, its timeout or the sandbox's death. */
  async invoke(invocation: Omit<RuntimeInvocation, 'deadline'>): Promise<InvocationOutcome> {
    this.busy = true;
    this.#requestId = invocation.requestId;
    const initError = await this.#ready;
    if (initError !== undefined) return this.#end({ ok: false, error: initError });
    const { timeout } = this.function;
    const deadline = this.#parts.time.now() + timeout * 1000;
    const timer = this.#timeOut(invocation.requestId, timeout);
    const outcome = await new Promise<InvocationOutcome>((resolve) => {
      this.#settle = resolve;
      if (this.dead) resolve({ ok: false, error: exited() });
      this.#worker.postMessage({ ...invocation, deadline } satisfies RuntimeInvocation);
      const thaw = new Int32Array(this.#thaw);
      Atomics.add(thaw, 0, 1);
      Atomics.notify(thaw, 0);
    });
    timer.cancel();
    return this.#end(outcome);
  }

  /** Ends the sandbox at once, whatever it is doing. */
  kill(error: RuntimeError = exited()): void {
    if (this.dead) return;
    this.dead = true;
    void this.#worker.terminate();
    this.#settle?.({ ok: false, error });
  }

  #end(outcome: InvocationOutcome): InvocationOutcome {
    this.#flush('stdout');
    this.#flush('stderr');
    this.busy = false;
    this.#settle = undefined;
    this.#requestId = undefined;
    return outcome;
  }

  #timeOut(requestId: string, seconds: number): Timer {
    return this.#parts.time.after(seconds * 1000, () => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
      this.kill({ errorType: 'Sandbox.Timedout', errorMessage });
    });
  }

  /** Follows the worker's reports; resolves when the code is loaded, with the error that prevented it if one did. */
  #follow(): Promise<RuntimeError | undefined> {
    return new Promise((resolve) => {
      this.#worker.on('message', (report: RuntimeReport) => {
        if (report.kind === 'ready') resolve(undefined);
        else if (report.kind === 'init-error') {
          this.kill();
          resolve(report.error);
        } else this.#take(report);
      });
      this.#worker.on('error', (error) => {
        const { name: errorType, message: errorMessage } = error instanceof Error ? error : new Error(String(error));
        resolve({ errorType, errorMessage });
        this.kill({ errorType, errorMessage });
      });
      this.#worker.on('exit', () => {
        resolve(exited());
        this.kill();
      });
    });
  }

  #take(report: Exclude<RuntimeReport, { kind: 'ready' | 'init-error' }>): void {
    switch (report.kind) {
      case 'output':
        this.#write(report.stream, report.text);
        break;
      case 'result':
        this.#settle?.({ ok: true, payload: report.payload });
        break;
      case 'error':
        this.#settle?.({ ok: false, error: report.error });
        break;
    }
  }

  #write(stream: 'stdout' | 'stderr', text: string): void {
    const lines = (this.#partial[stream] + text).split('\n');
    this.#partial[stream] = lines.pop() ?? '';
    for (const line of lines) this.#log(stream, line);
  }

  #flush(stream: 'stdout' | 'stderr'): void {
    if (this.#partial[stream] !== '') this.#log(stream, this.#partial[stream]);
    this.#partial[stream] = '';
  }

  #log(stream: 'stdout' | 'stderr', line: string): void {
    this.#parts.onLog({
      at: this.#parts.time.now(),
      function: this.function.name,
      requestId: this.#requestId,
      stream,
      line,
    });
  }
}

function exited(): RuntimeError {
  return { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited without providing a reason' };
}
