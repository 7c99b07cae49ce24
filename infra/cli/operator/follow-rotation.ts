/**
 * Follows a rotation until it ends: asks the operator for its status every few seconds, and tells what has changed. Ctrl-C
 * stops following, and leaves the rotation as it is.
 */
import type { RotationStatus } from '../../../lambdas/core/operator/outcome.ts';
import { DONE, FAILED, type ExitStatus } from '../exit-status.ts';
import { isLasting } from '../functions/function-command.ts';
import { interruption } from '../local/interruption.ts';
import { hasEnded } from '../reports/rotation-status-report.ts';
import { answerOf, askOperator, type OperatorPlace } from './ask-operator.ts';
import { commandFor } from './command-for.ts';
import { followTelling } from './follow-telling.ts';

export interface Following extends OperatorPlace {
  readonly json?: true | undefined;
  /** Whether it has just begun: AWS may not list it yet. */
  readonly isNew: boolean;
}

/** A round of a rotation lasts 1 to 30 s. */
const LOOK_MS = 5_000;

/** A rotation that has just begun is listed within seconds. */
const LISTED_WITHIN_MS = 60_000;

/** A rotation lasts hours, and networks fail for minutes. */
const ASKED_AGAIN_MS = 600_000;

/**
 * @returns DONE when all is replaced or planned; FAILED when it ended otherwise, or is not followed to its end
 * @throws NoAnswer, errors of AWS
 */
export async function followRotation(id: string, following: Following): Promise<ExitStatus> {
  using interrupted = interruption({ first: () => leaving(id, following), second: () => leaving(id, following) });
  const { signal } = interrupted;
  using telling = followTelling(following.json === true);
  const look = looking(id, following, signal);
  for (;;) {
    const status = await look().catch(unless(signal));
    if (signal.aborted) return FAILED;
    if (status !== undefined) {
      telling.status(status);
      if (hasEnded(status)) return status.state === 'done' || status.state === 'planned' ? DONE : FAILED;
    }
    await pause(signal);
  }
}

/** Asks once. @returns what it does: undefined when there is no status yet, or none for the moment */
function looking(id: string, following: Following, signal: AbortSignal): () => Promise<RotationStatus | undefined> {
  const begun = Date.now();
  let answeredAt = begun;
  return async () => {
    using look = lookUntil(signal);
    try {
      const asked = await askOperator({ action: 'status', rotation: id }, following, look.signal);
      answeredAt = Date.now();
      const isComing = 'refused' in asked && asked.refused === 'unknown' && following.isNew;
      return isComing && Date.now() - begun < LISTED_WITHIN_MS ? undefined : answerOf(asked);
    } catch (error) {
      if (isLasting(error) || Date.now() - answeredAt > ASKED_AGAIN_MS) throw error;
      return undefined;
    }
  };
}

/** Takes an error as nothing once it was interrupted. */
function unless(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

/** A signal for one look: listeners of a signal for all of them would become ever more. */
function lookUntil(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const look = new AbortController();
  const abort = (): void => {
    look.abort();
  };
  signal.addEventListener('abort', abort);
  return {
    signal: look.signal,
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', abort);
    },
  };
}

/** The time until the next look; less when it is interrupted. */
async function pause(signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(end, LOOK_MS);
  signal.addEventListener('abort', end);
  await over;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}

function leaving(id: string, following: OperatorPlace): string {
  return [
    `Rotation ${id} goes on; it is not followed any more. To follow it again:`,
    `  ${commandFor('status', id, following)} --follow`,
    'To end it:',
    `  ${commandFor('stop', id, following)}`,
  ].join('\n');
}
