/**
 * Since when a hook holds its instance, and since when it is being retired: what the hook's one deadline counts from
 * (contract 5.1). Where AWS need not be asked, it is not: an event tells when its hook began, and right after it no other
 * retirement can have been there.
 */
import type { HookTime } from '../../core/drain/deadline-times.ts';
import { firstStart, runsOfHook } from '../../core/retirement/hook-history.ts';
import { executionName, isOfHook, type Home, type HookNotice, type WarningNotice } from '../../core/notice/notice.ts';
import type { Hook, Lifecycle } from '../ports/auto-scaling.ts';
import type { RetirementHistory } from '../ports/lambda.ts';

/** The sweep's interval: it may have begun a retirement before an event that is later than this. */
const PROMPT_MS = 300_000;

export interface HookTimePorts {
  readonly lifecycle: Pick<Lifecycle, 'leavingSince'>;
  readonly history: Pick<RetirementHistory, 'started'>;
  readonly home: Home;
}

/** @returns isFirst: no other retirement has been there for the hook */
export async function hookTime(
  notice: HookNotice | WarningNotice,
  { globalTimeoutSeconds }: Pick<Hook, 'globalTimeoutSeconds'>,
  { lifecycle, history, home }: HookTimePorts,
): Promise<HookTime & { readonly isFirst: boolean }> {
  const now = Date.now();
  const { instance, at } = notice;
  const token = isOfHook(notice) ? notice.token : undefined;
  if (isPrompt(notice, now)) return { beganAt: at, firstAt: now, isFirst: true };
  // A hook of which AWS says that it holds has not been over for long: an older event is another hook's.
  const isToldBy = token !== undefined && now - at < globalTimeoutSeconds * 1000;
  const beganAt = isToldBy ? at : ((await lifecycle.leavingSince(notice)) ?? at);
  const runs = runsOfHook(await history.started(beganAt), { instance, beganAt, home });
  const isFirst = runs.every(({ name }) => name === executionName(notice, home));
  return { beganAt, firstAt: firstStart(runs, now), isFirst };
}

/** Whether the notice is of an event that tells when its hook began, a moment ago. */
export function isPrompt(notice: HookNotice | WarningNotice, now: number): boolean {
  return isOfHook(notice) && notice.token !== undefined && now - notice.at < PROMPT_MS;
}
