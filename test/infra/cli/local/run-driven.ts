/** Runs `ebb` in a thread on driven time, to its end. */
import { text } from 'node:stream/consumers';
import { setTimeout as realSleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { DrivenClock } from '../../../peers/clock.ts';
import type { DrivenStart } from './driven-ebb.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Driven milliseconds that pass at once while no request waits for its answer, and the real ones between two looks. */
const STEP_MS = 1_000;
const LOOK_MS = 5;

export interface DrivenTerms {
  readonly clock: DrivenClock;
  readonly env: Readonly<Record<string, string>>;
  /** Lets driven time pass until the promise settles. @default in steps of a second, while no request is open */
  readonly drive?: (ended: Promise<void>, hasOpenRequest: () => boolean) => Promise<void>;
}

export async function runDriven(args: readonly string[], { clock, env, drive }: DrivenTerms): Promise<Ended> {
  const open = new SharedArrayBuffer(4);
  const start: DrivenStart = { offset: clock.offset.buffer as SharedArrayBuffer, open };
  const worker = new Worker(new URL('./driven-ebb.ts', import.meta.url), {
    workerData: start,
    argv: [...args],
    env: { ...env },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  let status: number | undefined;
  const ended = new Promise<void>((end, fail) => {
    worker.once('error', fail);
    worker.once('exit', (code) => {
      status = code;
      end();
    });
  });
  const output = Promise.all([text(worker.stdout), text(worker.stderr)]);
  const hasOpenRequest = (): boolean => new Int32Array(open)[0] !== 0;
  if (drive !== undefined) await drive(ended, hasOpenRequest);
  while (status === undefined) {
    await Promise.race([realSleep(LOOK_MS), ended]);
    if (!hasOpenRequest()) await clock.advance(STEP_MS);
  }
  const [stdout, stderr] = await output;
  return { status, stdout, stderr };
}
