/** The status of a rotation for people: how far it is, what it waits for and when it will have ended, or how it ended. */
import type { RotationStatus } from '../../../lambdas/core/operator/outcome.ts';
import { duration, utc, wrapped } from './report-words.ts';
import { progressBars, rotationEnd } from './rotation-report.ts';

/** Now, epoch milliseconds, and the columns that no line is wider than. */
export interface Shown {
  readonly now: number;
  readonly columns: number;
}

export function hasEnded({ state }: Pick<RotationStatus, 'state'>): boolean {
  return state !== 'running' && state !== 'paused' && state !== 'stopping';
}

export function rotationStatusText(status: RotationStatus, shown: Shown): string {
  return hasEnded(status) ? endOf(status, shown) : progressOf(status, shown);
}

function progressOf(status: RotationStatus, { now, columns }: Shown): string {
  const { id, cluster, state, startedAt, progress } = status;
  const since = `Rotation ${id} of ${cluster}: ${state}, for ${duration(now - Date.parse(startedAt))}`;
  const end = expectedEndOf(status, now);
  const head = wrapped(`${since}${end === undefined ? '' : `; ${end}`}.`, columns).join('\n');
  return [head, progress === undefined ? '' : progressBars(progress, columns)].filter(Boolean).join('\n');
}

/** `about 2 h 5 min to go, until Sat 28 Nov 2026 16:40 UTC`; undefined while nothing says so. */
export function expectedEndOf({ expectedEnd }: Pick<RotationStatus, 'expectedEnd'>, now: number): string | undefined {
  if (expectedEnd === undefined) return undefined;
  const end = Date.parse(expectedEnd);
  return `about ${duration(end - now)} to go, until ${utc(end)}`;
}

function endOf({ id, cluster, state, reason, endedAt, progress }: RotationStatus, { columns }: Shown): string {
  const end = rotationEnd(state, progress ?? { groups: [] }, columns);
  if (state === 'planned') return end;
  const when = endedAt === undefined ? '' : `, ${utc(Date.parse(endedAt))}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return [end, ...wrapped(`Rotation ${id} of ${cluster}: ${state}${when}${why}`, columns)].filter(Boolean).join('\n');
}
