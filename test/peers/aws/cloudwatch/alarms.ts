/** The alarms of CloudWatch: their names, types and states. Nothing is measured: a test says the state. */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface PeerAlarm {
  readonly name: string;
  readonly type: 'MetricAlarm' | 'CompositeAlarm';
  readonly state: AlarmState;
  readonly reason: string;
}

export class Alarms {
  readonly #all = new Map<string, PeerAlarm>();

  /** Makes an alarm, or gives it that state. */
  put(name: string, state: AlarmState, more: Partial<Pick<PeerAlarm, 'type' | 'reason'>> = {}): void {
    const { type = this.#all.get(name)?.type ?? 'MetricAlarm', reason = `Threshold Crossed: it is ${state}` } = more;
    this.#all.set(name, { name, type, state, reason });
  }

  remove(name: string): void {
    this.#all.delete(name);
  }

  /** In the order of their names, as CloudWatch lists them. */
  list(): readonly PeerAlarm[] {
    return [...this.#all.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
