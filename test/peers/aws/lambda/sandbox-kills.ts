/** Crashes on order: which sandbox dies at which checkpoint. */
import { ConnectionCut } from '../server.ts';
import type { Execution } from './durable/execution.ts';

/** A sandbox to be killed at a checkpoint. */
export interface KillPlan {
  /** Default any function. */
  readonly function?: string;
  /** The how-manieth checkpoint call from now on. Default 1. */
  readonly checkpoint?: number;
  /** `before`: the checkpoint is lost too; `after`: it is kept, its answer is lost. Default `before`. */
  readonly when?: 'before' | 'after';
}

export class SandboxKills {
  readonly #pending: { plan: KillPlan; left: number }[] = [];
  readonly #listeners: ((when: 'before' | 'after') => void)[] = [];

  order(plan: KillPlan): void {
    this.#pending.push({ plan, left: plan.checkpoint ?? 1 });
  }

  /** Called with each kill that was ordered, when it is carried out. */
  onKill(listener: (when: 'before' | 'after') => void): void {
    this.#listeners.push(listener);
  }

  /** Counts a checkpoint call; the moment to kill at, when it is the one. */
  due(execution: Execution): 'before' | 'after' | undefined {
    let moment: 'before' | 'after' | undefined;
    for (const kill of this.#pending) {
      if (kill.left <= 0 || (kill.plan.function ?? execution.functionName) !== execution.functionName) continue;
      kill.left -= 1;
      if (kill.left === 0) moment ??= kill.plan.when ?? 'before';
    }
    if (moment !== undefined) for (const listener of this.#listeners) listener(moment);
    return moment;
  }

  /** Ends the sandbox that runs the execution, and the connection of its call. */
  kill(execution: Execution): never {
    execution.sandbox?.kill();
    throw new ConnectionCut('killed at a checkpoint');
  }
}
