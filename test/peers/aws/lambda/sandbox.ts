/** A sandbox: one worker thread that runs one function, one invocation at a time, frozen in between. */
import { Worker } from 'node:worker_threads';
import type { Timetable, Timer } from '../timetable.ts';
import type { LambdaFunction } from './function.ts';
import type {
  RuntimeError,
  RuntimeInvocation,
  RuntimeQuestion,
  RuntimeReport,
  RuntimeStart,
} from './runtime-messages.ts';

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

/** What a function waits for. */
export interface Waits {
  /** Its next timer, driven epoch milliseconds. */
  readonly timer?: number;
  /** Whether requests of it wait for their answers. */
  readonly answers: boolean;
}

interface Parts {
  readonly time: Timetable;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog: (line: LogLine) => void;
}

export class Sandbox {
  readonly function: LambdaFunction;
  busy = false;
  dead = false;
  readonly #parts: Parts;
  readonly #worker: Worker;
  readonly #thaw = new SharedArrayBuffer(4);
  readonly #nextTimer = new SharedArrayBuffer(8);
  readonly #traffic = new SharedArrayBuffer(8);
  readonly #ready: Promise<RuntimeError | undefined>;
  readonly #partial = { stdout: '', stderr: '' };
  #settle: ((outcome: InvocationOutcome) => void) | undefined;
  #requestId: string | undefined;
  #question: { readonly number: number; readonly answer: (working: boolean) => void } = {
    number: 0,
    answer: () => undefined,
  };

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

  /**
   * What the running function waits for: its own next timer, answers to requests, or both; undefined while it does
   * anything else. Its thread itself is asked, so that one that has not had its turn on a busy machine is not taken to wait.
   */
  async waitsFor(): Promise<Waits | undefined> {
    const traffic = new Int32Array(this.#traffic);
    const before = traffic[1];
    const working = await this.#ask();
    const [open = 0, signs] = traffic;
    if (working || signs !== before) return undefined;
    const due = new Float64Array(this.#nextTimer)[0] ?? 0;
    return { answers: open > 0, ...(due > 0 && { timer: due }) };
  }

  /** Whether the thread works; a thread that does not run the function yet, or no more, has work to do. */
  #ask(): Promise<boolean> {
    if (this.#settle === undefined || this.dead) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#question = { number: this.#question.number + 1, answer: resolve };
      this.#worker.postMessage({ question: this.#question.number } satisfies RuntimeQuestion);
    });
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
    this.#question.answer(true);
    void this.#worker.terminate();
    this.#settle?.({ ok: false, error });
  }

  #end(outcome: InvocationOutcome): InvocationOutcome {
    this.#flush('stdout');
    this.#flush('stderr');
    this.#question.answer(true);
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
      case 'answer':
        if (report.question === this.#question.number) this.#question.answer(report.working);
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
