/**
 * The runtime loop inside a sandbox, a worker thread: import the code, then one invocation after the other.
 *
 * Between invocations the thread is frozen as Lambda freezes a sandbox: it waits on `thaw`, so no timer and no socket of
 * the function runs.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { driveWorker } from '../../clock.ts';
import { Traffic } from '../../traffic.ts';
import type {
  RuntimeError,
  RuntimeInvocation,
  RuntimeQuestion,
  RuntimeReport,
  RuntimeStart,
} from './runtime-messages.ts';
import { watchTimers } from './runtime-timers.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const start = workerData as RuntimeStart;
const port = parentPort;
if (port === null) throw new Error('The runtime loop runs in a worker thread');
const thaw = new Int32Array(start.thaw);

/** What may be there while a thread does nothing. `process.getActiveResourcesInfo` does not tell of asynchronous crypto. */
const WAITING = new Set(['MessagePort', 'Timeout', 'TCPSocketWrap', 'TLSWRAP']);

const fireDueTimers = driveWorker(start.offset);
const traffic = new Int32Array(start.traffic);
watchTimers(start.nextTimer, showLife);
new Traffic((open) => {
  traffic[0] = open;
  showLife();
});
capture('stdout');
capture('stderr');

let handed = 0;
const handler = await load();
port.on('message', (message: RuntimeInvocation | RuntimeQuestion) => {
  if ('question' in message) {
    void answer(message);
    return;
  }
  handed += 1;
  void run(message);
});
if (handler !== undefined) {
  report({ kind: 'ready' });
  freeze();
}

async function load(): Promise<Handler | undefined> {
  try {
    const [file, name] = splitHandler(start.handler);
    const path = ['.mjs', '.js', '.cjs']
      .map((extension) => join(start.directory, file + extension))
      .find((each) => existsSync(each));
    if (path === undefined) throw new Error(`Cannot find module '${file}'`);
    const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    const found = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
    if (typeof found !== 'function') throw new Error(`${start.handler} is undefined or not exported`);
    return found as Handler;
  } catch (error) {
    report({ kind: 'init-error', error: describe(error) });
    return undefined;
  }
}

function splitHandler(text: string): [string, string] {
  const dot = text.lastIndexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
}

async function run(invocation: RuntimeInvocation): Promise<void> {
  const { requestId } = invocation;
  try {
    const result = await handler?.(JSON.parse(invocation.event), contextOf(invocation));
    report({ kind: 'result', requestId, payload: JSON.stringify(result ?? null) });
  } catch (error) {
    report({ kind: 'error', requestId, error: describe(error) });
  }
  freeze();
}

/** Answers after this thread has fired what is due and read all that had been written to it before. */
async function answer({ question }: RuntimeQuestion): Promise<void> {
  await fireDueTimers();
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const working = process.getActiveResourcesInfo().some((resource) => !WAITING.has(resource));
  report({ kind: 'answer', question, working });
}

function showLife(): void {
  Atomics.add(traffic, 1, 1);
}

/** Stops the thread until the next invocation has been handed out. */
function freeze(): void {
  Atomics.wait(thaw, 0, handed);
}

function contextOf(invocation: RuntimeInvocation): Record<string, unknown> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: start.functionName,
    functionVersion: invocation.version,
    invokedFunctionArn: invocation.invokedFunctionArn,
    memoryLimitInMB: String(start.memorySize),
    awsRequestId: invocation.requestId,
    logGroupName: `/aws/lambda/${start.functionName}`,
    logStreamName: `peer/[${invocation.version}]`,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
  };
}

function describe(error: unknown): RuntimeError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** Output goes straight to the peer: a worker's own stream would keep it back while the thread is frozen. */
function capture(stream: 'stdout' | 'stderr'): void {
  process[stream].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    report({ kind: 'output', stream, text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
    const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
    done?.();
    return true;
  };
}

function report(message: RuntimeReport): void {
  port?.postMessage(message);
}
