/** How a retirement ends before its time, and what the end of a stage is worth to it. */
import type { Result } from '../../core/events/retirement-events.ts';
import type { StageEnd } from '../run/stage.ts';

/** Ends a retirement before its time: what it came to, and why. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
  readonly result: Result;
  /** Why a node that nothing forces to go is left alone for a while; absent when it may be tried again at once. */
  readonly rests: string | undefined;

  constructor(result: Result, reason: string, { rests = true }: { rests?: boolean } = {}) {
    super(reason);
    this.result = result;
    this.rests = rests ? reason : undefined;
  }
}

/** The taint that asked for it has gone (contract 9.5). */
export function unasked(): Stopped {
  return new Stopped('restored', 'the taint that asked for its drain was taken away', { rests: false });
}

export function overMeanwhile(): Stopped {
  return new Stopped('over', 'the hook ended meanwhile, by its timeout or by somebody else');
}

/** @throws Stopped when the stage did not get that far */
export function valueOf<Value>(end: StageEnd<Value, unknown>): Value {
  switch (end.kind) {
    case 'done':
      return end.value;
    case 'hook over':
      throw overMeanwhile();
    case 'late':
      throw new Stopped('failed', `time was up while it waited for ${end.waitingFor.join(', ')}`);
    case 'refused':
      throw new Stopped('failed', end.reason);
  }
}
