/**
 * Decides the next steps of an evacuation from what Nova says now (contract 11.3). The same answers give the same steps,
 * so a pass may run twice or die in the middle: tries are counted by Nova's own records of migrations.
 *
 * - A guest is asked to leave only while Nova does nothing with it and no migration of it is open.
 * - After its n-th failure it waits 10·n s; after the third it stays, with the reason.
 * - At the deadline nothing new is begun, and what Nova has only queued is aborted. What copies already, or waits to be
 *   confirmed by Ebb, is given a minute to end.
 */
import type { EvacuationMemory, GuestMemory } from './evacuation-memory.ts';
import { wayOf, type Guest } from './guest.ts';
import { awaitsConfirmation, hasFailed, isOpen, isQueued, type Migration } from './migration.ts';

/** Tries of one guest, and the pause after its n-th failure, milliseconds for each n. */
export const TRIES = 3;
export const PAUSE_MS = 10_000;

/** How long after the deadline what is under way may take to end, milliseconds. */
export const SETTLE_MS = 60_000;

/** What Nova says. Migrations are read before guests: a guest that is idle then has no migration that began since. */
export interface HostState {
  /** Guests that name this host as theirs. */
  readonly guests: readonly Guest[];
  /** Guests on other hosts whose migration from this one is not over: their disks are still here. */
  readonly away: readonly Guest[];
  /** Migrations from the host: those that are open, and all since the evacuation began. */
  readonly migrations: readonly Migration[];
}

/** One thing to do for one guest, or why nothing is done. */
export type Step =
  | { readonly kind: 'migrate'; readonly guest: Guest; readonly how: 'live' | 'cold' }
  /** Remember that it is to be migrated cold; the next pass asks. */
  | { readonly kind: 'mean'; readonly guest: Guest }
  | { readonly kind: 'confirm'; readonly guest: Guest }
  | { readonly kind: 'abort'; readonly guest: Guest; readonly migration: Migration }
  /** A migration has failed since the last pass: its reason is to be read. */
  | { readonly kind: 'fail'; readonly guest: Guest; readonly failures: number; readonly status: string }
  | { readonly kind: 'wait'; readonly guest: Guest; readonly reason: string; readonly until?: number }
  | { readonly kind: 'stay'; readonly guest: Guest; readonly reason: string };

export interface Terms {
  readonly now: number;
  /** When nothing new is begun, epoch milliseconds. */
  readonly deadline: number;
}

/** Decides one step for each guest that has not left, in the order in which Nova lists them. */
export function decideSteps(state: HostState, memory: EvacuationMemory, terms: Terms): readonly Step[] {
  const { after = 0 } = memory;
  return [...state.guests, ...state.away].map((guest) => {
    const migrations = state.migrations.filter((migration) => migration.guest === guest.id);
    const remembered = memory.guests[guest.id] ?? { name: guest.name, tenant: guest.tenant };
    const own = migrations.filter(({ id }) => id > after);
    const step = stepOf({ guest, remembered, migrations, own }, terms);
    return terms.now >= terms.deadline ? atDeadline(step, own, terms) : step;
  });
}

interface Case {
  readonly guest: Guest;
  readonly remembered: GuestMemory;
  readonly migrations: readonly Migration[];
  /** Migrations since the evacuation began. */
  readonly own: readonly Migration[];
}

function stepOf(about: Case, { now }: Terms): Step {
  return stepUnderWay(about) ?? newFailure(about) ?? nextStep(about, now);
}

/** What is under way is waited for, and confirmed where Ebb must; undefined when nothing is. */
function stepUnderWay({ guest, remembered, migrations }: Case): Step | undefined {
  const open = migrations.find((migration) => isOpen(migration) && !awaitsConfirmation(migration));
  if (open !== undefined) return { kind: 'wait', guest, reason: `its migration is ${open.status}` };
  const isOurs = remembered.cold === true && guest.status === 'VERIFY_RESIZE' && guest.task === undefined;
  return isOurs ? { kind: 'confirm', guest } : undefined;
}

function newFailure({ guest, remembered, own }: Case): Step | undefined {
  const [latest, ...others] = own.filter(hasFailed);
  const failures = others.length + 1;
  if (latest === undefined || failures <= (remembered.failures ?? 0)) return undefined;
  return { kind: 'fail', guest, failures, status: latest.status };
}

function nextStep({ guest, remembered }: Case, now: number): Step {
  const way = wayOf(guest);
  switch (way.kind) {
    case 'none':
      return { kind: 'stay', guest, reason: way.reason };
    case 'later':
      return { kind: 'wait', guest, reason: way.reason };
    case 'live':
    case 'cold':
      return nextTry(guest, remembered, way.kind, now);
  }
}

function nextTry(guest: Guest, remembered: GuestMemory, how: 'live' | 'cold', now: number): Step {
  const { retryAt = now, reason = '' } = remembered;
  if (triesOf(remembered) >= TRIES) return { kind: 'stay', guest, reason: `${TRIES} tries failed: ${reason}` };
  if (now < retryAt) return { kind: 'wait', guest, reason: `its last try failed: ${reason}`, until: retryAt };
  return how === 'cold' && remembered.cold !== true ? { kind: 'mean', guest } : { kind: 'migrate', guest, how };
}

/** How often it was tried in vain. */
export function triesOf({ failures = 0, refusals = 0 }: Pick<GuestMemory, 'failures' | 'refusals'>): number {
  return failures + refusals;
}

function atDeadline(step: Step, own: readonly Migration[], { now, deadline }: Terms): Step {
  const { guest } = step;
  const hasTime = now < deadline + SETTLE_MS;
  const queued = own.find(isQueued);
  if (queued !== undefined && hasTime) return { kind: 'abort', guest, migration: queued };
  const mayEnd = hasTime && (step.kind === 'confirm' || own.some(isOpen));
  const late = mayEnd ? undefined : lateReason(step);
  return late === undefined ? step : { kind: 'stay', guest, reason: late };
}

/** Why a guest stays whose time is up; undefined when its step is no longer about migrating it. */
function lateReason(step: Step): string | undefined {
  switch (step.kind) {
    case 'migrate':
    case 'mean':
      return 'time was up before it was migrated';
    case 'wait':
      return `time was up: ${step.reason}`;
    case 'confirm':
      return 'its migration could not be confirmed';
    case 'abort':
    case 'fail':
    case 'stay':
      return undefined;
  }
}

/** When a guest may be tried again after its n-th failure, epoch milliseconds (contract 11.3). */
export function retryTime(failures: number, now: number): number {
  return now + PAUSE_MS * failures;
}
