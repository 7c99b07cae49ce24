/** Which of a scenario's faults hold now, and which of them have been met. */
import { SECOND } from '../../given.ts';
import { momentOf, type DenialBy, type Fault, type Scenario, type Trouble, type Turn } from './scenario.ts';

export class Faults {
  readonly #scenario: Scenario;
  readonly #counts = { unknown: 0, throttled: 0 };
  #conflicts = 0;
  /** What has made a difference so far. */
  readonly met = new Set<Fault['kind']>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  holds(trouble: Trouble): boolean {
    const now = Date.now();
    return this.spans(trouble).some(({ from, to }) => now >= from && now < to) && this.#meets(trouble);
  }

  /** Epoch milliseconds. */
  spans(trouble: Trouble): readonly { from: number; to: number }[] {
    return this.#scenario.faults.flatMap((fault) => {
      if (fault.kind !== trouble) return [];
      const from = momentOf(this.#scenario, fault.from);
      return { from, to: from + fault.seconds * SECOND };
    });
  }

  /** Who lets no pod of the app go now. @param deletion whether it would be deleted, past its budgets */
  denies(app: number, deletion: boolean): DenialBy | undefined {
    const now = Date.now();
    for (const fault of this.#scenario.faults) {
      if (fault.kind !== 'denied' || fault.app !== app || (deletion && !fault.deletions)) continue;
      const from = momentOf(this.#scenario, fault.from);
      if (now < from || now >= from + fault.seconds * SECOND) continue;
      this.#meets('denied');
      return fault.by;
    }
    return undefined;
  }

  /** Lets `act` happen whenever the scenario says so. */
  when(turn: Turn, act: () => void): void {
    for (const fault of this.#scenario.faults) {
      if (fault.kind !== turn) continue;
      const turns = (): void => {
        this.#meets(turn);
        act();
      };
      setTimeout(turns, momentOf(this.#scenario, fault.at) - Date.now());
    }
  }

  /** Whether this one is to be answered so; of those with an unknown end every other one is done. */
  next(kind: 'unknown' | 'throttled'): false | 'done' | 'not done' {
    const every = this.#of(kind)?.every ?? Infinity;
    this.#counts[kind] += 1;
    if (this.#counts[kind] % every !== 0) return false;
    this.#meets(kind);
    return (this.#counts[kind] / every) % 2 === 1 ? 'done' : 'not done';
  }

  nextConflicts(): boolean {
    this.#conflicts += 1;
    return this.#conflicts <= (this.#of('conflict')?.times ?? 0) && this.#meets('conflict');
  }

  #meets(kind: Fault['kind']): true {
    this.met.add(kind);
    return true;
  }

  #of<Kind extends Fault['kind']>(kind: Kind): Extract<Fault, { kind: Kind }> | undefined {
    return this.#scenario.faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
  }
}
