/** How a retirement ends before its time: the error that stops it, and the reasons that both kinds of retirement share. */
import type { Result } from '../../core/events/retirement-events.ts';
import type { CoolDown } from '../../core/node/cool-down.ts';
import type { StageEnd } from '../run/stage.ts';

/** Ends a retirement before its time: what it came to, and why. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
  readonly result: Result;
  /** Why a node that nothing forces to go is left alone for a while; absent when it may be tried again at once. */
  readonly coolDown: Omit<CoolDown, 'until'> | undefined;

  constructor(result: Result, reason: string, { coolsDown = true, kept }: { coolsDown?: boolean; kept?: true } = {}) {
    super(reason);
    this.result = result;
    this.coolDown = coolsDown ? { reason, ...(kept && { kept }) } : undefined;
  }
}

/** The taint that asked for it has gone (contract 9.5). */
export function unasked(): Stopped {
  return new Stopped('restored', 'the taint that asked for its drain was taken away', { coolsDown: false });
}

export function overMeanwhile(): Stopped {
  return new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
}

/** Why the retirement stops at the end of a stage that did not get its work done. */
export function stoppedAt(end: Exclude<StageEnd<unknown, unknown>, { kind: 'done' }>): Stopped {
  switch (end.kind) {
    case 'hook over':
      return overMeanwhile();
    case 'late':
      return new Stopped('failed', `time was up while it waited for ${end.waitingFor.join(', ')}`);
    case 'refused':
      return new Stopped('failed', end.reason);
  }
}

/** What a stage came to. @throws Stopped when it did not get its work done */
export function doneOrStop<Value>(end: StageEnd<Value, unknown>): Value {
  if (end.kind === 'done') return end.value;
  throw stoppedAt(end);
}
