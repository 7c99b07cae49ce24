/** Nova's records of migrations: the only place that tells how a live migration ended. */

export interface Migration {
  /** Number that rises with each migration of a cell. */
  readonly id: number;
  /** Id of the guest. */
  readonly guest: string;
  readonly type: 'live' | 'cold' | 'resize' | 'other';
  /** Nova's word: accepted, queued, preparing, running, finished, completed, confirmed, error, failed, cancelled, … */
  readonly status: string;
  /** Host that it goes to; absent until one is chosen. */
  readonly to?: string;
}

const DONE = new Set(['completed', 'confirmed', 'done']);

/** Bad ends: `error`: no host, or a check before it; `failed`: rolled back; `cancelled`: aborted. */
const FAILED = new Set(['error', 'failed', 'cancelled', 'reverted']);

/** Statuses that Nova aborts from 2.65 on although the migration has not begun to copy. */
const ABORTABLE = new Set(['queued', 'preparing']);

export function hasSucceeded({ status }: Migration): boolean {
  return DONE.has(status);
}

export function hasFailed({ status }: Migration): boolean {
  return FAILED.has(status);
}

/** Whether it goes on. One that only waits for its confirmation (`finished`) does too. */
export function isOpen(migration: Migration): boolean {
  return !hasSucceeded(migration) && !hasFailed(migration);
}

/** Whether a deadline aborts it (contract 11.3): what copies already is left to end. */
export function isQueued({ type, status }: Migration): boolean {
  return type === 'live' && ABORTABLE.has(status);
}

/** A migration or resize of somebody else that waits for its confirmation: its disk is still here. */
export function awaitsConfirmation({ status }: Migration): boolean {
  return status === 'finished';
}
