/**
 * What a pass that throws comes to: it is tried again, or its stage ends as refused (contract 6.3).
 *
 * A 401 in mid drain, say. The connection makes a new token and asks once more; a second 401 becomes ClusterRefused, which
 * ends the pass and comes here. The stage ends as `refused`, so the retirement stops with the result `failed` (stopped.ts)
 * and its run fails: an alarm. Nobody heartbeats, the marks stay, and the hook ends with its default result; a voluntary
 * retirement first tries to restore the node (voluntary-end.ts). ClusterAway is waited for instead, with heartbeats.
 */
import { ClusterAway, ClusterRefused, PatchRefused } from '../../core/kubernetes/cluster-error.ts';
import { isLasting } from '../../core/aws/lasting-error.ts';
import { clusterAway, stageFailed, type Subject } from '../../core/events/retirement-events.ts';
import type { Journal } from '../ports/journal.ts';
import type { RoundStart } from './round.ts';
import type { Pass } from './stage.ts';

/**
 * A pass that fails, such as by an AWS API that is down, is tried again for about half an hour: longer than any outage that
 * waiting can bridge. That is the stage's own business, not a retry of the durable step, which would forget what the failed
 * one has done and heartbeat before its time.
 */
const FAILS_FOR_MS = 1_800_000;
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** What a server says may be of any length; what is kept may not (contract 14.1). */
const LONGEST_REASON = 2_000;

/** Ends the stage. */
export interface Refused {
  readonly state: 'refused';
  readonly reason: string;
}

/** The pass that failed: `memory` is what to go on from, the rest is how its round began. */
export interface FailedPass<Memory> extends Pick<RoundStart<Memory>, 'memory' | 'wasAway' | 'failingSince'> {
  readonly stage: string;
  readonly subject: Subject;
}

/** A cluster that is away is waited for with heartbeats; one that refuses us ends the stage (contract 6.3). */
export function failedPass<Memory>(
  error: unknown,
  failed: FailedPass<Memory>,
  journal: Journal,
): Pass<never, Memory> | Refused {
  if (error instanceof ClusterRefused || error instanceof PatchRefused)
    return { state: 'refused', reason: cut(error.message) };
  if (!(error instanceof ClusterAway)) return triedAgain(error, failed, journal);
  const { memory, wasAway, subject } = failed;
  const reason = cut(error.message);
  // Said once for as long as it lasts: each suspension names what it waits for (faults 38).
  if (!wasAway) journal.report(clusterAway(subject, { reason }));
  return { state: 'waiting', memory, waitingFor: [reason], away: true };
}

/** What may pass is tried again; what lasts, such as a right that AWS says is missing, ends the stage. */
function triedAgain<Memory>(
  error: unknown,
  { memory, failingSince, stage, subject }: FailedPass<Memory>,
  journal: Journal,
): Pass<never, Memory> | Refused {
  const reason = cut(String(error));
  const now = Date.now();
  const failedFor = now - (failingSince ?? now);
  if (isLasting(error) || failedFor >= FAILS_FOR_MS) return { state: 'refused', reason };
  if (failingSince === undefined) journal.report(stageFailed(subject, { stage, reason }));
  // No pause is longer than it has been tried already.
  const pause = Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, failedFor));
  return { state: 'waiting', memory, waitingFor: [reason], failed: true, dueAt: now + pause };
}

function cut(words: string): string {
  return words.length > LONGEST_REASON ? `${words.slice(0, LONGEST_REASON)}…` : words;
}
