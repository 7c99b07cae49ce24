/** AWS Lambda's durable executions: those that retirements run as, and the one that we run in. */
import type { Notice } from '../../core/notice/notice.ts';
import type { EndedRetirement, StartedRetirement } from '../../core/retirement/orphaned-hook.ts';

export interface Retirements {
  /**
   * Starts a retirement of that name. If one runs or ran under it for the same notice, nothing starts, and the answer
   * is `started` too. `already`: the name is another notice's (contract 1.6).
   */
  start(name: string, notice: Notice): Promise<'started' | 'already'>;
}

/** The retirements that run now. */
export interface RunningRetirements {
  isRunning(name: string): Promise<boolean>;
  /** Names of all that run. */
  names(): Promise<readonly string[]>;
  /** All that run, each with its start. */
  started(): Promise<readonly StartedRetirement[]>;
}

export interface RetirementHistory {
  /** Retirements that started at `since` or later (epoch milliseconds), those that run among them. */
  started(since: number): Promise<readonly StartedRetirement[]>;
  /** Retirements that started after `since` (epoch milliseconds) and have ended; the latest first. */
  ended(since: number): Promise<readonly EndedRetirement[]>;
}

export interface RetirementResults {
  /** What the retirement of that name came to; undefined when it runs, has died, or is not on record. */
  resultOf(name: string): Promise<{ readonly result: string; readonly reason?: string | undefined } | undefined>;
}

/** A durable run: what `step` returned is kept, so that after a crash or a suspension the run goes on from there. */
export interface DurableRun {
  /** Does `work` at least once and keeps what it returns, which must be plain data. Names are static. */
  step<Outcome>(name: string, work: () => Promise<Outcome>): Promise<Outcome>;
  /** Suspends the run; nothing is paid meanwhile. */
  suspend(name: string, seconds: number): Promise<void>;
}
